import type { Dispatcher } from 'undici';
import { unfitType } from './format.js';

/** What came back over the wire, before anybody reads it. */
export type Answer =
  | { readonly kind: 'body'; readonly body: Buffer; readonly contentType: string | null }
  /** It answered, with something that cannot be a metrics page. */
  | { readonly kind: 'unfit'; readonly why: string }
  | { readonly kind: 'failed'; readonly error: Error; readonly answered: boolean };

const single = (header: string | string[] | undefined): string => (Array.isArray(header) ? header[0] : header) ?? '';

/** Why the head of an answer rules it out; null: read on. */
export const unfitHead = (
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  limit: number,
): string | null => {
  if (status !== 200) return `status ${status}`;
  const unfit = unfitType(single(headers['content-type']));
  if (unfit !== null) return unfit;
  const encoding = single(headers['content-encoding']).toLowerCase();
  if (encoding !== '' && encoding !== 'identity') return `it is compressed (${encoding}), which was not asked for`;
  const length = Number(single(headers['content-length']));
  return length > limit ? tooLarge(limit, `says ${length}`) : null;
};

const tooLarge = (limit: number, what: string): string => `it is larger than the limit of ${limit} bytes (${what})`;

class Cut extends Error {}

/**
 * Collects one answer, counting while it streams: what is too large, or no page anyway, is cut at once.
 * Calls `done` exactly once.
 */
export class BodyCollector implements Dispatcher.DispatchHandler {
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #answered = false;
  #contentType: string | null = null;
  #finished = false;
  /** Nothing more will come over the connection. */
  #ended = false;

  constructor(
    readonly limit: number,
    /** Aborts when nobody waits for this answer any more. */
    readonly over: AbortSignal,
    readonly done: (answer: Answer) => void,
  ) {}

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const end = (): void => {
      if (!this.#ended) controller.abort(new Cut('nobody waits for it'));
    };
    if (this.over.aborted) end();
    else this.over.addEventListener('abort', end, { once: true });
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#answered = true;
    this.#contentType = single(headers['content-type']) || null;
    const why = unfitHead(status, headers, this.limit);
    if (why !== null) this.#cut(controller, why);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#finished) return;
    this.#size += chunk.length;
    this.#chunks.push(chunk);
    if (this.#size > this.limit) this.#cut(controller, tooLarge(this.limit, 'counted while it came'));
  }

  onResponseEnd(): void {
    this.#ended = true;
    const [only, ...more] = this.#chunks;
    const body =
      only === undefined ? Buffer.alloc(0) : more.length === 0 ? only : Buffer.concat(this.#chunks, this.#size);
    this.#finish({ kind: 'body', body, contentType: this.#contentType });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#ended = true;
    this.#finish({ kind: 'failed', error, answered: this.#answered });
  }

  /** It took too long; the caller aborts `over`. */
  giveUp(why: string): void {
    this.#finish({ kind: 'failed', error: new Error(why), answered: this.#answered });
  }

  #cut(controller: Dispatcher.DispatchController, why: string): void {
    this.#ended = true;
    this.#finish({ kind: 'unfit', why });
    controller.abort(new Cut(why));
  }

  #finish(answer: Answer): void {
    if (this.#finished) return;
    this.#finished = true;
    this.done(answer);
  }
}
