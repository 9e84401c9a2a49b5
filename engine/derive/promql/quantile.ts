import type { Labels } from '../../model.js';
import { keyOf, labelOf, memo, nameLabel, omit } from './labels.js';
import { readNumber } from './literals.js';
import type { Element, Vector } from './values.js';

interface Bucket {
  readonly bound: number;
  count: number;
}

const bucketOf = memo((labels) => {
  const rest = omit(labels, ['le', nameLabel]);
  return { bound: readNumber(labelOf(labels, 'le')), rest, key: keyOf(rest) };
});

/** histogram_quantile over classic histograms: cumulative buckets that carry their upper bound in the label `le`. */
export const histogramQuantile = (quantile: number, vector: Vector): Vector => {
  const groups = new Map<string, { labels: Labels; buckets: Bucket[] }>();
  for (const { labels, value } of vector) {
    const { bound, rest, key } = bucketOf(labels);
    if (bound === undefined) continue;
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { labels: rest, buckets: [] }));
    group.buckets.push({ bound, count: value });
  }
  return [...groups.values()].map(({ labels, buckets }): Element => ({
    labels,
    value: bucketQuantile(quantile, buckets),
  }));
};

const bucketQuantile = (quantile: number, unsorted: readonly Bucket[]): number => {
  if (Number.isNaN(quantile)) return NaN;
  if (quantile < 0) return -Infinity;
  if (quantile > 1) return Infinity;
  const buckets = monotonic(coalesced([...unsorted].sort((one, other) => one.bound - other.bound)));
  const last = buckets.at(-1);
  if (last?.bound !== Infinity || buckets.length < 2) return NaN;
  const observations = last.count;
  if (observations === 0) return NaN;
  return interpolate(buckets, quantile * observations);
};

/** Linearly within the bucket that holds the rank; the last bucket has no end, so its start is the answer. */
const interpolate = (buckets: readonly Bucket[], rank: number): number => {
  const found = buckets.slice(0, -1).findIndex(({ count }) => count >= rank);
  const index = found < 0 ? buckets.length - 1 : found;
  const bucket = buckets[index];
  const below = buckets[index - 1];
  if (!bucket || (index === buckets.length - 1 && below)) return below?.bound ?? NaN;
  if (!below && bucket.bound <= 0) return bucket.bound;
  const start = below?.bound ?? 0;
  const before = below?.count ?? 0;
  return start + (bucket.bound - start) * ((rank - before) / (bucket.count - before));
};

/** Buckets with the same bound (`1` and `1.0`) are one. */
const coalesced = (buckets: readonly Bucket[]): Bucket[] => {
  const merged: Bucket[] = [];
  for (const { bound, count } of buckets) {
    const last = merged.at(-1);
    if (last?.bound === bound) last.count += count;
    else merged.push({ bound, count });
  }
  return merged;
};

const tolerance = 1e-12;

/** Cumulative counts never fall; where they do, by rounding or a torn scrape, the higher one stands. */
const monotonic = (buckets: Bucket[]): Bucket[] => {
  let before = buckets[0]?.count ?? 0;
  for (const bucket of buckets) {
    const nearly = Math.abs(bucket.count - before) < tolerance * (Math.abs(bucket.count) + Math.abs(before));
    if (nearly || bucket.count < before) bucket.count = before;
    before = bucket.count;
  }
  return buckets;
};
