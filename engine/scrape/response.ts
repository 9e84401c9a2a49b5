/**
 * One HTTP/1.x answer, read as it comes. Written for the scrape loop alone: a whole page nearly always arrives in one read,
 * and is then handed on where it lies, without a copy, a stream or a parser's call per header. Strict where two readers
 * could disagree about where an answer ends: such a connection is given up.
 */

import { ChunkedBody } from './chunked.js';
import { endOfHead, isHttp, readHead, type Headers } from './head.js';
import { NotHttp } from './not-http.js';

/** Takes an answer in. Calls that return something tell whether to go on; false gives the answer up. */
export interface AnswerSink {
  head(status: number, headers: Readonly<Headers>): boolean;
  /** The bytes are lent: they are overwritten after {@link keep}. */
  data(bytes: Buffer): boolean;
  /** The answer goes on with another read: what was lent must be copied now. */
  keep(): void;
  end(): void;
}

const headLimit = 16 * 1024;
const nothing = Buffer.alloc(0);

type Framing =
  | { readonly kind: 'length'; left: number }
  | { readonly kind: 'chunked'; readonly chunks: ChunkedBody }
  /** Until the connection ends. */
  | { readonly kind: 'rest' };

const framingOf = (status: number, headers: Readonly<Headers>): Framing => {
  const { 'transfer-encoding': coding, 'content-length': length } = headers;
  if (status === 204 || status === 304) return { kind: 'length', left: 0 };
  if (coding !== undefined) {
    if (length !== undefined) throw new NotHttp('it has both a length and a transfer coding');
    if (coding.toLowerCase() !== 'chunked') throw new NotHttp(`its transfer coding is "${coding.slice(0, 40)}"`);
    return { kind: 'chunked', chunks: new ChunkedBody() };
  }
  if (length === undefined) return { kind: 'rest' };
  if (!/^\d{1,15}$/.test(length)) throw new NotHttp(`its length is "${length.slice(0, 40)}"`);
  return { kind: 'length', left: Number(length) };
};

const staysOpen = (minor: number, connection = ''): boolean => {
  if (connection === 'keep-alive') return true;
  const words = connection.toLowerCase().split(/[ \t]*,[ \t]*/);
  return minor === 1 ? !words.includes('close') : words.includes('keep-alive');
};

const secondsOf = (keepAlive: string): number | null => {
  const [, seconds] = /(?:^|[ ,])timeout=(\d{1,6})/.exec(keepAlive) ?? [];
  return seconds === undefined ? null : Number(seconds);
};

export class AnswerReader {
  #head: Buffer = nothing;
  #framing: Framing | null = null;
  #done = false;
  /** The connection may be used again. */
  keeps = false;
  /** Seconds that the peer keeps an idle connection, by its own word; null: it does not say. */
  keepsFor: number | null = null;

  constructor(private readonly sink: AnswerSink) {}

  /** The answer is complete, or was given up. */
  get done(): boolean {
    return this.#done;
  }

  /** Takes in what was read; throws NotHttp. */
  read(bytes: Buffer): void {
    this.#take(bytes);
    if (!this.#done) this.sink.keep();
  }

  #take(bytes: Buffer): void {
    if (this.#framing !== null) return this.#body(bytes);
    const all = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
    if (!isHttp(all)) throw new NotHttp('it does not begin with HTTP/1');
    const end = endOfHead(all, headLimit);
    if ((end < 0 ? all.length : end) > headLimit) throw new NotHttp(`its headers are longer than ${headLimit} bytes`);
    // What was read is overwritten by the next read.
    if (end < 0) this.#head = all === bytes ? Buffer.from(bytes) : all;
    else this.#begin(all, end);
  }

  /** The peer ended the connection. True: that was the end of the answer. */
  close(): boolean {
    if (this.#framing?.kind !== 'rest' || this.#done) return this.#done;
    this.keeps = false;
    this.#finish();
    return true;
  }

  #begin(all: Buffer, end: number): void {
    const { status, minor, headers } = readHead(all, end);
    const rest = all.subarray(end);
    if (status === 101) throw new NotHttp('it changes the protocol');
    this.#head = nothing;
    // "Go on" and the like come before the answer.
    if (status < 200) return rest.length > 0 ? this.#take(rest) : undefined;
    this.keeps = staysOpen(minor, headers.connection);
    this.keepsFor = headers['keep-alive'] === undefined ? null : secondsOf(headers['keep-alive']);
    this.#framing = framingOf(status, headers);
    if (!this.sink.head(status, headers)) return this.#give();
    this.#body(rest);
  }

  #body(bytes: Buffer): void {
    const framing = this.#framing;
    if (this.#done) this.keeps = false;
    else if (framing?.kind === 'length') this.#counted(framing, bytes);
    else if (framing?.kind === 'chunked') this.#chunked(framing.chunks, bytes);
    else if (bytes.length > 0 && !this.sink.data(bytes)) this.#give();
  }

  #counted(framing: { left: number }, bytes: Buffer): void {
    const part = bytes.length > framing.left ? bytes.subarray(0, framing.left) : bytes;
    framing.left -= part.length;
    if (part.length > 0 && !this.sink.data(part)) return this.#give();
    if (framing.left > 0) return;
    // More than the answer: whatever it is, it is none that was asked for.
    if (part.length < bytes.length) this.keeps = false;
    this.#finish();
  }

  #chunked(chunks: ChunkedBody, bytes: Buffer): void {
    const rest = chunks.read(bytes, (part) => this.sink.data(part));
    if (rest === 'given up') return this.#give();
    if (rest === null) return;
    if (rest > 0) this.keeps = false;
    this.#finish();
  }

  #finish(): void {
    this.#done = true;
    this.sink.end();
  }

  #give(): void {
    this.#done = true;
    this.keeps = false;
  }
}
