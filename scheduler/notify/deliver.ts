/** One try to send something to somebody else's address. */
import axios from 'axios';
import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import { version } from '../../lib/version.js';
import { signature } from './sign.js';

export interface Parcel {
  readonly url: string;
  readonly method: 'POST' | 'GET';
  /** Null: not signed. */
  readonly secret: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The same at each try: what came before is known by it. */
  readonly id: string;
}

export type Delivery =
  | { readonly kind: 'delivered' }
  /** It may go better later; `afterMs`: not before, says the receiver. */
  | { readonly kind: 'again'; readonly text: string; readonly afterMs: number | null }
  /** The receiver does not want it. */
  | { readonly kind: 'refused'; readonly text: string };

/** Never rejects; an aborted signal is `again`. */
export type Deliver = (parcel: Parcel, signal: AbortSignal) => Promise<Delivery>;

const timeoutMs = 10_000;

/** Follows no redirect and uses no proxy from the environment; of the answer only the status is read. */
export const deliverOver =
  (clock: Clock): Deliver =>
  async ({ url, method, secret, headers, body, id }, signal) => {
    try {
      const {
        status,
        statusText,
        headers: said,
        data,
      } = await axios.request<unknown>({
        ...{ url, method, proxy: false, maxRedirects: 0, responseType: 'stream', validateStatus: () => true },
        ...(method === 'POST' && { data: body }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        headers: {
          'User-Agent': `ballast/${version}`,
          ...(method === 'POST' && { 'Content-Type': 'application/json' }),
          ...headers,
          'X-Ballast-Id': id,
          ...(secret !== null && {
            'X-Ballast-Signature': signature(secret, method === 'POST' ? body : '', clock.now()),
          }),
        },
      });
      if (isStream(data)) data.destroy();
      return outcomeOf(status, statusText, String(said['retry-after'] ?? ''), clock.now());
    } catch (thrown) {
      const late = axios.isCancel(thrown) && !signal.aborted;
      return { kind: 'again', text: late ? `no answer within ${timeoutMs} ms` : messageOf(thrown), afterMs: null };
    }
  };

const isStream = (data: unknown): data is { destroy(): void } =>
  typeof data === 'object' && data !== null && 'destroy' in data && typeof data.destroy === 'function';

/** A timeout, a limit, and whatever is the server's own affair. */
const passes = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** By the status; `retryAfter` is the header of that name, in seconds or a date (RFC 9110, 10.2.3). */
export const outcomeOf = (status: number, statusText: string, retryAfter: string, now: number): Delivery => {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const text = `answered ${status} ${statusText}`.trim();
  return passes(status) ? { kind: 'again', text, afterMs: waitOf(retryAfter, now) } : { kind: 'refused', text };
};

/** Nobody is believed who wants to be left alone for longer. */
const longestWaitMs = 600_000;

const waitOf = (retryAfter: string, now: number): number | null => {
  if (retryAfter === '') return null;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), longestWaitMs) : null;
};
