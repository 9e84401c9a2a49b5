/**
 * The time over which a rate is taken (`$__rate_interval`) and a judgement formed, in milliseconds: wide enough for a rate
 * though single scrapes are lost. What starts anew waits this long before it is believed.
 */
export const scoringWindowMs = (intervalMs: number): number => Math.max(5_000, 5 * intervalMs);
