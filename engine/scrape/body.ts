import { encodingOf } from './encoding.js';
import type { Encoding } from './encoding.js';
import { unfitType } from './format.js';

/** What came back over the wire, before anybody reads it. Of a body the bytes are lent: see {@link BodyCollector}. */
export type Answer =
  | {
      readonly kind: 'body';
      readonly body: Buffer;
      readonly contentType: string | null;
      readonly encoding: Encoding | 'none';
    }
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
  const encoding = single(headers['content-encoding']);
  if (encodingOf(encoding) === null) return `it is compressed by ${encoding}, which cannot be read`;
  const length = Number(single(headers['content-length']));
  return length > limit ? tooLarge(limit, `says ${length}`) : null;
};

const tooLarge = (limit: number, what: string): string => `it is larger than the limit of ${limit} bytes (${what})`;

/**
 * Collects one answer, counting while it comes: what is too large, or no page anyway, is given up at once.
 * Calls `done` exactly once. The bytes of a body are lent until `done` returns.
 */
export class BodyCollector {
  #chunks: Buffer[] = [];
  /** How many of them are copies. */
  #copied = 0;
  #size = 0;
  #answered = false;
  #contentType: string | null = null;
  #encoding: Encoding | 'none' = 'none';
  #finished = false;

  constructor(
    readonly limit: number,
    readonly done: (answer: Answer) => void,
  ) {}

  /** It began to answer. */
  get answered(): boolean {
    return this.#answered;
  }

  /** False: nothing more is wanted. */
  head(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
    this.#answered = true;
    this.#contentType = single(headers['content-type']) || null;
    this.#encoding = encodingOf(single(headers['content-encoding'])) ?? 'none';
    const why = unfitHead(status, headers, this.limit);
    return why === null || this.#cut(why);
  }

  /** False: nothing more is wanted. */
  data(chunk: Buffer): boolean {
    if (this.#finished) return false;
    this.#size += chunk.length;
    this.#chunks.push(chunk);
    return this.#size <= this.limit || this.#cut(tooLarge(this.limit, 'counted while it came'));
  }

  /** What was lent so far is about to be overwritten. */
  keep(): void {
    for (; this.#copied < this.#chunks.length; this.#copied++)
      this.#chunks[this.#copied] = Buffer.from(this.#chunks[this.#copied] ?? '');
  }

  end(): void {
    const [first] = this.#chunks;
    const isWhole = first !== undefined && this.#chunks.length === 1;
    const body = isWhole ? first : Buffer.concat(this.#chunks, this.#size);
    this.#finish({ kind: 'body', body, contentType: this.#contentType, encoding: this.#encoding });
  }

  fail(error: Error): void {
    this.#finish({ kind: 'failed', error, answered: this.#answered });
  }

  #cut(why: string): false {
    this.#finish({ kind: 'unfit', why });
    return false;
  }

  #finish(answer: Answer): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#chunks = [];
    this.done(answer);
  }
}
