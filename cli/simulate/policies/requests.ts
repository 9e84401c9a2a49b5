/** A client's request on its way through a proxy, and how an attempt to have it answered can end. */
import type { Backend } from './backend.js';

export type Ending =
  | 'answered'
  /** A 5xx of the instance. */
  | 'failed'
  /** Nobody listens there. */
  | 'refused'
  /** No connection came about in time. */
  | 'unconnected'
  /** Sent, and not answered in time. */
  | 'unanswered'
  /** The process went away meanwhile. */
  | 'broken';

/** What a request is bound to meet wherever it goes, drawn beforehand: the same for every policy. */
export interface Draws {
  /** 0..1 each: of the service time, of the errors that everybody has, and of the fault. */
  readonly time: number;
  readonly base: number;
  readonly fault: number;
}

export interface Request {
  readonly at: number;
  /** May be sent twice. The others are POSTs. */
  readonly idempotent: boolean;
  readonly draws: readonly [first: Draws, second: Draws];
  readonly tried: Backend[];
}

/** Of an attempt that ended so, the request never left the proxy: even a POST may go elsewhere. */
export const unsent: ReadonlySet<Ending> = new Set(['refused', 'unconnected']);

/** When a proxy tries again: after which endings, and how often in all. */
export interface RetryRule {
  readonly after: ReadonlySet<Ending>;
  readonly tries: number;
}

export const neverAgain: RetryRule = { after: new Set(), tries: 1 };
/** NGINX's own `proxy_next_upstream error timeout`, without a limit but the number of servers. */
export const afterTrouble: RetryRule = {
  after: new Set(['refused', 'unconnected', 'unanswered', 'broken']),
  tries: Infinity,
};
/** What our template says: 5xx as well, once. */
export const afterErrors: RetryRule = { after: new Set([...afterTrouble.after, 'failed']), tries: 2 };
/** HAProxy's `retry-on conn-failure` with `option redispatch`. */
export const afterNoConnection: RetryRule = { after: unsent, tries: 4 };

export const mayTryAgain = (
  { idempotent, tried }: Request,
  ending: Ending,
  { after, tries }: RetryRule,
  servers: number,
): boolean => after.has(ending) && tried.length < Math.min(tries, servers) && (idempotent || unsent.has(ending));
