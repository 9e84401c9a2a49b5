/** What `$__rate_interval` stands for: wide enough for a rate though single scrapes are lost. */
export const rateIntervalMs = (intervalMs: number): number => Math.max(5_000, 5 * intervalMs);
