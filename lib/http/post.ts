/** One empty POST to somebody else's address. */
import axios from 'axios';
import { messageOf } from '../errors.js';

export interface PostOptions {
  /** For the answer as a whole. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** An answer's status; or why there was none. */
export type Posted =
  | { readonly kind: 'answered'; readonly status: number }
  /** Nobody took the connection: it did not arrive. */
  | { readonly kind: 'refused'; readonly why: string }
  /** It may have arrived all the same. */
  | { readonly kind: 'unanswered'; readonly why: string };

/** What it says is of no interest, but not endless either. */
const bodyLimitBytes = 64 * 1024;

/** Follows no redirect and uses no proxy from the environment. Rejects only when the signal aborts. */
export const postEmpty = async (url: string, { timeoutMs, signal }: PostOptions): Promise<Posted> => {
  try {
    const { status } = await axios
      .post<unknown>(url, null, {
        ...{ proxy: false, maxRedirects: 0, responseType: 'stream', validateStatus: () => true, timeout: timeoutMs },
        ...{ signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]), maxContentLength: bodyLimitBytes },
        headers: { 'User-Agent': 'ballast', Accept: '*/*' },
      })
      .then(({ status: answered, data }) => {
        if (isStream(data)) data.destroy();
        return { status: answered };
      });
    return { kind: 'answered', status };
  } catch (thrown) {
    signal.throwIfAborted();
    const code = axios.isAxiosError(thrown) ? thrown.code : undefined;
    if (code === 'ECONNREFUSED') return { kind: 'refused', why: 'connection refused' };
    const late = axios.isCancel(thrown) || code === 'ECONNABORTED' || code === 'ETIMEDOUT';
    return { kind: 'unanswered', why: late ? `no answer within ${timeoutMs} ms` : messageOf(thrown) };
  }
};

const isStream = (data: unknown): data is { destroy(): void } =>
  typeof data === 'object' && data !== null && 'destroy' in data && typeof data.destroy === 'function';
