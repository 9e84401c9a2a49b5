/**
 * How much a share of bad requests proves. A lower confidence bound instead of the share itself: few requests prove little, and
 * noise around a low base rate proves nothing.
 */

/** Normal quantile of the bound; with fewer bad ones than `leastBad` nothing is proven. */
const z = 2.5;
const leastBad = 3;

/** Spans over which evidence is gathered, beside one scrape interval; the worst counts. */
export const evidenceWindowsMs = [3_000, 10_000, 30_000] as const;

/** Lower bound of Wilson's score interval for bad/total; 0 where nothing is counted. */
export const wilsonLowerBound = (bad: number, total: number): number => {
  if (!(total > 0) || !(bad > 0)) return 0;
  const share = Math.min(1, bad / total);
  const spread = z * Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total));
  const bound = (share + (z * z) / (2 * total) - spread) / (1 + (z * z) / total);
  return Math.min(share, Math.max(0, bound));
};

/** What one window proves. Counts that contradict each other (more bad than all) are taken as all bad. */
export const evidenceOf = (bad: number, total: number): number =>
  bad < leastBad ? 0 : wilsonLowerBound(bad, Math.max(bad, total));

/** By interval: as many as files ask for. */
const windows = new Map<number, readonly number[]>();

/** Windows shorter than the interval fall together with it. */
export const windowsFor = (intervalMs: number): readonly number[] => {
  let known = windows.get(intervalMs);
  if (!known)
    windows.set(intervalMs, (known = [intervalMs, ...evidenceWindowsMs.filter((windowMs) => windowMs > intervalMs)]));
  return known;
};
