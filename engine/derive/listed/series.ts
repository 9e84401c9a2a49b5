import type { Labels } from '../../model.js';
import { lookbackMs, type SeriesSource } from '../promql/evaluate.js';
import { keyOf, nameLabel, withLabel } from '../promql/labels.js';
import type { Samples } from '../promql/samples.js';
import type { Selector } from '../promql/selector.js';
import type { Series } from '../store/interning.js';
import { isSelected } from '../store/selected.js';

/** A sample, or the mark that the series ended there. */
export interface ListedSample {
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly value: number | 'stale';
}

export interface ListedSeries {
  readonly name: string;
  /** Without the name. */
  readonly labels: Labels;
  /** Ascending. */
  readonly samples: readonly ListedSample[];
}

/** One series as columns. */
interface Columns {
  readonly series: Series;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly stale: Uint8Array;
}

const knownLimit = 100_000;

/**
 * One object for the series of the same text: what was worked out of its labels once serves all sources that share this.
 */
export class ListedNames {
  readonly #known = new Map<string, Series>();

  of({ name, labels }: ListedSeries): Series {
    const text = `${name} ${JSON.stringify(labels)}`;
    let series = this.#known.get(text);
    if (!series) {
      if (this.#known.size >= knownLimit) this.#known.clear();
      this.#known.set(text, (series = { name, labels, full: withLabel(labels, nameLabel, name) }));
    }
    return series;
  }
}

const columnsOf = (series: Series, samples: ListedSeries['samples']): Columns => ({
  series,
  times: Float64Array.from(samples, ({ atMs }) => atMs),
  values: Float64Array.from(samples, ({ value }) => (value === 'stale' ? NaN : value)),
  stale: Uint8Array.from(samples, ({ value }) => (value === 'stale' ? 1 : 0)),
});

/** How many of the ascending times are at or before that one. */
const countUntil = (times: Float64Array, atMs: number): number => {
  let [from, to] = [0, times.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((times[middle] ?? Infinity) <= atMs) from = middle + 1;
    else to = middle;
  }
  return from;
};

/** Series that are given as a whole, with all their samples: what queries are tried and tested on. */
export class ListedSource implements SeriesSource {
  readonly startMs = -Infinity;
  readonly #all: readonly Columns[];
  readonly #byName = new Map<string, Columns[]>();
  #times = new Float64Array(256);
  #values = new Float64Array(256);

  constructor(list: readonly ListedSeries[], names = new ListedNames()) {
    this.#all = list.map((each) => columnsOf(names.of(each), each.samples));
    for (const columns of this.#all) {
      const { name } = columns.series;
      const named = this.#byName.get(name);
      if (named) named.push(columns);
      else this.#byName.set(name, [columns]);
    }
  }

  /** The first series that is listed a second time. */
  get duplicate(): Labels | undefined {
    const seen = new Set<string>();
    for (const { series } of this.#all) {
      const key = keyOf(series.full);
      if (seen.has(key)) return series.full;
      seen.add(key);
    }
    return undefined;
  }

  instant(selector: Selector, atMs: number, visit: (labels: Labels, value: number, sampledAtMs: number) => void): void {
    for (const { series, times, values, stale } of this.#candidates(selector)) {
      if (!isSelected(selector, series)) continue;
      const last = countUntil(times, atMs) - 1;
      const sampledAt = times[last] ?? -Infinity;
      if (stale[last] === 0 && sampledAt > atMs - lookbackMs) visit(series.full, values[last] ?? NaN, sampledAt);
    }
  }

  range(selector: Selector, fromMs: number, toMs: number, visit: (labels: Labels, samples: Samples) => void): void {
    for (const columns of this.#candidates(selector)) {
      if (!isSelected(selector, columns.series)) continue;
      const samples = this.#within(columns, fromMs, toMs);
      if (samples.count > 0) visit(columns.series.full, samples);
    }
  }

  #candidates({ name }: Selector): readonly Columns[] {
    return name === null ? this.#all : (this.#byName.get(name) ?? []);
  }

  #within({ times, values, stale }: Columns, fromMs: number, toMs: number): Samples {
    const [from, to] = [countUntil(times, fromMs), countUntil(times, toMs)];
    if (to - from > this.#times.length) {
      this.#times = new Float64Array(to - from);
      this.#values = new Float64Array(to - from);
    }
    let count = 0;
    for (let i = from; i < to; i++) {
      if (stale[i] === 1) continue;
      this.#times[count] = times[i] ?? NaN;
      this.#values[count++] = values[i] ?? NaN;
    }
    return { times: this.#times, values: this.#values, count };
  }
}
