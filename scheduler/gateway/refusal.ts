/** Content that failed is tried again, later and later: whoever must mend a template or start NGINX needs that long. */
export interface Refusal {
  /** What failed: a revision, or the input that could not be rendered. */
  readonly key: string;
  readonly attempts: number;
  readonly until: number;
}

const firstMs = 1_000;
const maxMs = 60_000;

/** Other content starts anew. There is one gateway for one NGINX: no jitter is needed. */
export const refuse = (before: Refusal | null, key: string, now: number): Refusal => {
  const attempts = before?.key === key ? before.attempts + 1 : 1;
  return { key, attempts, until: now + Math.min(maxMs, firstMs * 2 ** Math.min(attempts - 1, 10)) };
};

/** True while this content must wait. */
export const isRefused = (refusal: Refusal | null, key: string, now: number): boolean =>
  refusal?.key === key && refusal.until > now;
