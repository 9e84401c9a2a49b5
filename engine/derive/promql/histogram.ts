import type { Labels } from '../../model.js';
import { dropName, keyOf, labelOf, memoised, omit } from './labels.js';
import { readFloat } from './literals.js';
import { byValue } from './statistics.js';
import { distinct, type Element, type Vector } from './values.js';

export interface Bucket {
  readonly bound: number;
  count: number;
}

/** Undefined: no bound. */
export const boundOf = (le: string): number | undefined => readFloat(le);

const bucketOf = memoised((labels) => {
  const rest = omit(labels, ['le']);
  return { bound: boundOf(labelOf(labels, 'le')), key: keyOf(rest), rest: dropName(rest) };
});

/**
 * histogram_quantile over classic histograms: cumulative buckets that carry their upper bound in the label `le`. An element
 * without such a bound is no bucket. Two histograms that only their names tell apart are an error.
 */
export const histogramQuantile = (quantile: number, vector: Vector): Vector => {
  const groups = new Map<string, { labels: Labels; buckets: Bucket[] }>();
  for (const { labels, value } of vector) {
    const { bound, key, rest } = bucketOf(labels);
    if (bound === undefined) continue;
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { labels: rest, buckets: [] }));
    group.buckets.push({ bound, count: value });
  }
  const result: Element[] = [];
  for (const { labels, buckets } of groups.values()) result.push({ labels, value: bucketQuantile(quantile, buckets) });
  return distinct(result);
};

/** Of the buckets of one histogram, whose counts it changes. */
export const bucketQuantile = (quantile: number, unsorted: Bucket[]): number => {
  if (Number.isNaN(quantile)) return NaN;
  if (quantile < 0) return -Infinity;
  if (quantile > 1) return Infinity;
  const sorted = isSorted(unsorted) ? unsorted : unsorted.sort((one, other) => byValue(one.bound, other.bound));
  if (sorted.at(-1)?.bound !== Infinity) return NaN;
  const buckets = monotonic(coalesced(sorted));
  const observations = buckets.at(-1)?.count ?? 0;
  return buckets.length < 2 || observations === 0 ? NaN : interpolate(buckets, quantile * observations);
};

const isSorted = (buckets: readonly Bucket[]): boolean => {
  for (let i = 1; i < buckets.length; i++)
    if (!((buckets[i - 1]?.bound ?? NaN) <= (buckets[i]?.bound ?? NaN))) return false;
  return true;
};

/** Linearly within the bucket that holds the rank; the last bucket has no end, so its start is the answer. */
const interpolate = (buckets: readonly Bucket[], rank: number): number => {
  const index = firstReaching(buckets, rank);
  const bucket = buckets[index];
  const below = buckets[index - 1];
  if (!bucket || index === buckets.length - 1) return below?.bound ?? NaN;
  if (!below && bucket.bound <= 0) return bucket.bound;
  const start = below?.bound ?? 0;
  const before = below?.count ?? 0;
  return start + (bucket.bound - start) * ((rank - before) / (bucket.count - before));
};

/** By halving, as Prometheus looks: with NaN among the counts the way matters. */
const firstReaching = (buckets: readonly Bucket[], rank: number): number => {
  let [from, to] = [0, buckets.length - 1];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((buckets[middle]?.count ?? NaN) >= rank) to = middle;
    else from = middle + 1;
  }
  return from;
};

/** Buckets with the same bound (`1` and `1.0`) are one. */
const coalesced = (buckets: readonly Bucket[]): Bucket[] => {
  const merged: Bucket[] = [];
  for (const bucket of buckets) {
    const last = merged.at(-1);
    if (last?.bound === bucket.bound) last.count += bucket.count;
    else merged.push(bucket);
  }
  return merged;
};

const tolerance = 1e-12;
const smallestNormal = 2 ** -1022;

const nearlyEqual = (one: number, other: number): boolean => {
  if (Number.isNaN(one) && Number.isNaN(other)) return true;
  const [sum, difference] = [Math.abs(one) + Math.abs(other), Math.abs(one - other)];
  if (one === 0 || other === 0 || sum < smallestNormal) return difference < tolerance * smallestNormal;
  return difference / Math.min(sum, Number.MAX_VALUE) < tolerance;
};

/** Cumulative counts never fall; where they do, by rounding or a torn scrape, the higher one stands. */
const monotonic = (buckets: Bucket[]): Bucket[] => {
  let before = buckets[0]?.count ?? 0;
  for (const bucket of buckets) {
    if (bucket.count === before) continue;
    if (nearlyEqual(before, bucket.count) || bucket.count < before) bucket.count = before;
    else before = bucket.count;
  }
  return buckets;
};
