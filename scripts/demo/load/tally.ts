/** What clients saw, by the window in which they asked. */
export type Method = 'GET' | 'POST';

export type Seen =
  | { readonly kind: 'answer'; readonly status: number }
  /** `reused`: it broke on a connection that had been used before, as when the server closes an idle one. */
  | { readonly kind: 'broken'; readonly why: string; readonly reused: boolean }
  | { readonly kind: 'timeout' };

export interface Request {
  readonly method: Method;
  readonly ms: number;
  readonly seen: Seen;
}

export interface WindowSummary {
  readonly requests: number;
  readonly errors: number;
  readonly errorsGet: number;
  readonly errorsPost: number;
  /** Milliseconds; null without requests. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** Errors on a connection that the server had closed in the meantime; a part of `errors`. */
  readonly errorsReused: number;
  /** Errors by what was seen: `502`, `timeout`, `ECONNRESET`. */
  readonly kinds: Readonly<Record<string, number>>;
}

/** Null: no error. Answers below 500 are what was asked for. */
export const errorKind = (seen: Seen): string | null => {
  if (seen.kind === 'timeout') return 'timeout';
  if (seen.kind === 'broken') return seen.why;
  return seen.status >= 500 ? String(seen.status) : null;
};

/** Nearest rank; the list is sorted. */
export const quantile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;

export const countKinds = (requests: readonly Request[]): Readonly<Record<string, number>> => {
  const kinds: Record<string, number> = {};
  for (const { seen } of requests) {
    const kind = errorKind(seen);
    if (kind !== null) kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
};

export const summarise = (requests: readonly Request[]): WindowSummary => {
  const failed = requests.filter(({ seen }) => errorKind(seen) !== null);
  const errorsGet = failed.filter(({ method }) => method === 'GET').length;
  const sorted = requests.map(({ ms }) => ms).sort((a, b) => a - b);
  const tenths = (ms: number | null): number | null => (ms === null ? null : Math.round(ms * 10) / 10);
  return {
    requests: requests.length,
    errors: failed.length,
    errorsGet,
    errorsPost: failed.length - errorsGet,
    p50: tenths(quantile(sorted, 0.5)),
    p99: tenths(quantile(sorted, 0.99)),
    errorsReused: failed.filter(({ seen }) => seen.kind === 'broken' && seen.reused).length,
    kinds: countKinds(requests),
  };
};
