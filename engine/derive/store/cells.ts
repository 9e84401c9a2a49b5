/**
 * The numbers of a block, a row for each page read. Most of what services count is whole and fits into 32 bits: a series that
 * never showed anything else takes half as much, and gives the same numbers back.
 */
import type { Series } from './interning.js';

/** Exactly what 32 bits hold; the zero below zero is another number. */
export const isNarrow = (value: number): boolean => (value | 0) === value && (value !== 0 || 1 / value > 0);

const wide = new WeakSet<Series>();

/** Some instance has shown a value of it that is not narrow: instances that show it later are likely to do so too. */
export const isWide = (series: Series): boolean => wide.has(series);
export const noteWidth = (series: Series, value: number): void => {
  if (!isNarrow(value)) wide.add(series);
};

/** Where the numbers of a series stand: from 0 on among the wide ones, from -1 down among the narrow ones. */
export type Slot = number;
export const narrowSlot = (nth: number): Slot => ~nth;

/** One buffer for all: each of its own costs a quarter of a KB, and there is a block for every instance. */
export class Cells {
  /** The time of each row, then the values of one wide series after another: `rows` numbers each. */
  readonly wide: Float64Array;
  readonly narrow: Int32Array;

  constructor(
    readonly rows: number,
    readonly wides: number,
    readonly narrows: number,
  ) {
    const buffer = new ArrayBuffer(8 * rows * (wides + 1) + 4 * rows * narrows);
    this.wide = new Float64Array(buffer, 0, rows * (wides + 1));
    this.narrow = new Int32Array(buffer, 8 * rows * (wides + 1), rows * narrows);
  }

  hasRoom(slot: Slot): boolean {
    return slot < 0 ? ~slot < this.narrows : slot < this.wides;
  }

  /** The array that a series stands in. */
  of(slot: Slot): Float64Array | Int32Array {
    return slot < 0 ? this.narrow : this.wide;
  }

  /** Where its numbers begin there. */
  base(slot: Slot): number {
    return this.rows * (slot < 0 ? ~slot : slot + 1);
  }

  at(slot: Slot, row: number): number {
    return this.of(slot)[this.base(slot) + row] ?? NaN;
  }

  copyTimes(from: Cells): void {
    this.wide.set(from.wide.subarray(0, this.rows));
  }

  /** All rows of a series that stood in `from`; what was wide there is wide here. */
  copySeries(from: Cells, was: Slot, slot: Slot): void {
    const base = from.base(was);
    this.of(slot).set(from.of(was).subarray(base, base + this.rows), this.base(slot));
  }
}
