import type { Labels } from '../model.js';
import { lookbackMs, type SeriesSource } from './promql/evaluate.js';
import { withLabel } from './promql/labels.js';
import type { Samples } from './promql/samples.js';
import type { Selector } from './promql/selector.js';
import type { Scope } from './scope.js';
import { cell, type Block } from './store/block.js';
import type { Series } from './store/interning.js';
import { ageAtOrBefore } from './store/page.js';

/** Grows as needed, is never handed out for keeping. */
const scratch = { times: new Float64Array(256), values: new Float64Array(256), count: 0 };

const reserve = (rows: number): void => {
  if (scratch.times.length >= rows) return;
  scratch.times = new Float64Array(rows);
  scratch.values = new Float64Array(rows);
};

/**
 * The series of an instance as a query sees them. With `afterMs` it sees only what came after: instants later than that, and
 * ranges from the last row at or before it on, which is the baseline that counters rise from.
 */
export class ScopeView implements SeriesSource {
  readonly startMs: number;
  /** When the newest sample that anybody asked for was taken; -Infinity: none. */
  newest = -Infinity;

  constructor(
    readonly scope: Scope,
    readonly afterMs: number | null = null,
  ) {
    this.startMs = afterMs === null ? -Infinity : this.#start();
  }

  instant(selector: Selector, atMs: number, visit: (labels: Labels, value: number, sampledAtMs: number) => void): void {
    const pages = this.scope.pagesFor(selector);
    for (const { key, blocks } of pages)
      for (const block of blocks)
        for (const place of block.placesOf(selector)) {
          const age = this.#ageOf(block, place, atMs);
          const series = age < 0 ? undefined : block.seriesAt(place);
          if (series === undefined) continue;
          const sampledAt = block.sampledAt(place, age);
          if (sampledAt > this.newest) this.newest = sampledAt;
          visit(pages.length > 1 ? toldApart(series, key) : series.full, block.valueAt(place, age), sampledAt);
        }
  }

  range(selector: Selector, fromMs: number, toMs: number, visit: (labels: Labels, samples: Samples) => void): void {
    const pages = this.scope.pagesFor(selector);
    for (const { key, blocks } of pages)
      for (const block of blocks) {
        reserve(block.rows);
        const startMs = this.afterMs === null ? fromMs : Math.max(fromMs, this.#floor(block));
        for (const place of block.placesOf(selector)) {
          const count = block.copy(place, startMs, toMs, scratch.times, scratch.values);
          const series = count === 0 ? undefined : block.seriesAt(place);
          if (series === undefined) continue;
          this.newest = Math.max(this.newest, scratch.times[count - 1] ?? -Infinity);
          scratch.count = count;
          visit(pages.length > 1 ? toldApart(series, key) : series.full, scratch);
        }
      }
  }

  /** Age of the sample that a series stands at, at that time; -1: it had ended, or has none that may be seen. */
  #ageOf(block: Block, place: number, atMs: number): number {
    for (let age = ageAtOrBefore(block, atMs); age < block.count; age++) {
      const state = block.cellAt(place, age);
      if (state === cell.absent || block.timeAt(age) > atMs) return -1;
      const sampledAt = block.sampledAt(place, age);
      if (state === cell.kept || sampledAt > atMs) continue;
      const isPast = sampledAt <= atMs - lookbackMs || (this.afterMs !== null && sampledAt <= this.afterMs);
      return isPast ? -1 : age;
    }
    return -1;
  }

  #start(): number {
    const starts = this.scope.own.flatMap(({ blocks }) => blocks.map((block) => this.#floor(block)));
    const known = starts.filter((startMs) => startMs > -Infinity);
    return known.length > 0 ? Math.min(...known) : -Infinity;
  }

  /** Just before the baseline's row, so that a left-open range holds it. */
  #floor(block: Block): number {
    if (this.afterMs === null || block.count === 0) return -Infinity;
    const baseline = block.timeAt(ageAtOrBefore(block, this.afterMs));
    return baseline <= this.afterMs ? baseline - 1 : -Infinity;
  }
}

/** The same series on two pages (two gateways) are two series: told apart as Prometheus tells targets apart, by a label. */
const toldApart = (series: Series, target: string): Labels => withLabel(series.full, 'target', target);
