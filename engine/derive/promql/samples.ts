/**
 * The samples of one series within a range, oldest first. The arrays are scratch space: read the first `count` cells, keep
 * nothing.
 */
export interface Samples {
  /** Epoch milliseconds. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** At least 1. */
  readonly count: number;
}

export interface RangeOf {
  /** The range is left-open: (startMs, endMs]. */
  readonly startMs: number;
  readonly endMs: number;
  /** The time of the query itself, without its offset. */
  readonly nowMs: number;
}

/** What comes of the samples of one series. `param` is the function's number, NaN where it takes none. Undefined: no result. */
export type RangeFunction = (samples: Samples, range: RangeOf, param: number) => number | undefined;

/** The arrays are typed, so a cell within `count` is always there. */
export const at = (cells: Float64Array, index: number): number => cells[index] ?? NaN;
