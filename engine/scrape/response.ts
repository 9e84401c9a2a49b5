/**
 * One HTTP/1.x answer, read as it comes. Written for the scrape loop alone: a whole page nearly always arrives in one read,
 * and is then handed on where it lies, without a copy, a stream or a parser's call per header. Strict where two readers
 * could disagree about where an answer ends: such a connection is given up.
 */

import { ChunkedBody } from './chunked.js';
import { NotHttp } from './not-http.js';

/** Lower-case names; what comes twice is joined by a comma. */
export type Headers = Readonly<Record<string, string>>;

/** Takes an answer in. Calls that return something tell whether to go on; false gives the answer up. */
export interface AnswerSink {
  head(status: number, headers: Headers): boolean;
  /** The bytes are lent: they are overwritten after {@link keep}. */
  data(bytes: Buffer): boolean;
  /** The answer goes on with another read: what was lent must be copied now. */
  keep(): void;
  end(): void;
}

const headLimit = 16 * 1024;
const start = Buffer.from('HTTP/1.');
const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [^\r\n]*)?$/;
const headerLine = /^([!#$%&'*+.^`|~\w-]+):[ \t]*(.*?)[ \t]*$/;

const parseHeaders = (lines: readonly string[]): Headers => {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const line of lines) {
    const [, name, value = ''] = headerLine.exec(line) ?? [];
    if (name === undefined) throw new NotHttp(`a header reads "${line.slice(0, 40)}"`);
    const key = name.toLowerCase();
    const before = headers[key];
    headers[key] = before === undefined ? value : `${before}, ${value}`;
  }
  return headers;
};

type Framing =
  | { readonly kind: 'length'; left: number }
  | { readonly kind: 'chunked'; readonly chunks: ChunkedBody }
  /** Until the connection ends. */
  | { readonly kind: 'rest' };

const framingOf = (status: number, headers: Headers): Framing => {
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

const staysOpen = (minor: string | undefined, connection = ''): boolean => {
  const words = connection.toLowerCase().split(/[ \t]*,[ \t]*/);
  return minor === '1' ? !words.includes('close') : words.includes('keep-alive');
};

export class AnswerReader {
  #head: Buffer = Buffer.alloc(0);
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
    const known = Math.min(all.length, start.length);
    if (start.compare(all, 0, known, 0, known) !== 0) throw new NotHttp('it does not begin with HTTP/1');
    const end = endOfHead(all);
    if ((end < 0 ? all.length : end) > headLimit) throw new NotHttp(`its headers are longer than ${headLimit} bytes`);
    // What was read is overwritten by the next read.
    if (end < 0) this.#head = all === bytes ? Buffer.from(bytes) : all;
    else this.#begin(all.toString('latin1', 0, end), all.subarray(end));
  }

  /** The peer ended the connection. True: that was the end of the answer. */
  close(): boolean {
    if (this.#framing?.kind !== 'rest' || this.#done) return this.#done;
    this.keeps = false;
    this.#finish();
    return true;
  }

  #begin(head: string, rest: Buffer): void {
    const [first = '', ...lines] = head.trimEnd().split(/\r?\n/);
    const [, minor, code] = statusLine.exec(first) ?? [];
    if (code === undefined) throw new NotHttp(`its first line is "${first.slice(0, 40)}"`);
    const status = Number(code);
    if (status === 101) throw new NotHttp('it changes the protocol');
    this.#head = Buffer.alloc(0);
    // "Go on" and the like come before the answer.
    if (status < 200) return rest.length > 0 ? this.#take(rest) : undefined;
    const headers = parseHeaders(lines);
    this.keeps = staysOpen(minor, headers['connection']);
    const [, seconds] = /(?:^|[ ,])timeout=(\d{1,6})/.exec(headers['keep-alive'] ?? '') ?? [];
    this.keepsFor = seconds === undefined ? null : Number(seconds);
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

/** Index after the empty line that ends a head, whose lines end as they should or with a newline alone; -1: not there yet. */
const endOfHead = (bytes: Buffer): number => {
  const found = bytes.indexOf('\r\n\r\n');
  const bare = bytes.subarray(0, found < 0 ? headLimit : found).indexOf('\n\n');
  if (bare >= 0) return bare + 2;
  return found < 0 ? -1 : found + 4;
};
