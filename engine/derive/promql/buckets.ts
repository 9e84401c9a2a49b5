import type { Aggregate } from './ast.js';
import type { SeriesSource } from './evaluate.js';
import { boundOf, bucketQuantile, type Bucket } from './histogram.js';
import { labelOf, memoised } from './labels.js';
import { leafOf, type Add } from './leaf.js';
import type { AskScalar } from './numbers.js';
import { Sum } from './statistics.js';
import type { Expr } from './ast.js';

const leOf = memoised((labels) => {
  const text = labelOf(labels, 'le');
  return { text, bound: boundOf(text) };
});

interface Adding extends Bucket {
  readonly text: string;
  readonly sum: Sum;
}

/** The buckets of one histogram, in the order in which they come; scratch space. */
class Buckets {
  #all: Adding[] = [];
  #next = 0;
  #used = 0;

  begin(): void {
    this.#next = this.#used = 0;
  }

  readonly add: Add = (labels, value) => {
    const { text, bound } = leOf(labels);
    if (bound !== undefined) this.#at(text, bound).sum.add(value);
  };

  /** What each comes to. */
  finish(): Bucket[] {
    const buckets = this.#all.slice(0, this.#used);
    for (const bucket of buckets) bucket.count = bucket.sum.value;
    return buckets;
  }

  /** Histograms of one metric list the same bounds in the same order: it is the next one, or the first again. */
  #at(text: string, bound: number): Adding {
    if (this.#next === this.#used) this.#next = 0;
    let at = this.#next;
    if (at >= this.#used || this.#all[at]?.text !== text) at = this.#find(text);
    this.#next = at + 1;
    const there = at < this.#used ? this.#all[at] : undefined;
    return there ?? this.#begin(text, bound);
  }

  #find(text: string): number {
    for (let at = 0; at < this.#used; at++) if (this.#all[at]?.text === text) return at;
    return this.#used;
  }

  #begin(text: string, bound: number): Adding {
    const old = this.#all[this.#used];
    const bucket = old?.text === text ? old : { text, bound, count: 0, sum: new Sum() };
    bucket.sum.begin();
    this.#all[this.#used++] = bucket;
    return bucket;
  }
}

/** The quantile of what `sum by (le)` adds up to. Null: it is another aggregate, or labels matter. */
export const quantileOfBuckets = (
  { operator, grouping, expr }: Aggregate,
  quantile: AskScalar,
  scalarOf: (expr: Expr) => AskScalar | null,
): ((source: SeriesSource, nowMs: number) => number | undefined) | null => {
  const isByBound = !grouping.without && grouping.labels.length === 1 && grouping.labels[0] === 'le';
  const leaf = operator === 'sum' && isByBound ? leafOf(expr, scalarOf) : null;
  if (!leaf) return null;
  const buckets = new Buckets();
  return (source, nowMs) => {
    buckets.begin();
    leaf.each(source, nowMs, buckets.add);
    const all = buckets.finish();
    return all.length === 0 ? undefined : bucketQuantile(quantile(source, nowMs), all);
  };
};
