/** Compressed pages. The limit is on what comes out: a few bytes can hold gigabytes. */
import { gunzip, gunzipSync, inflate, inflateRaw, inflateRawSync, inflateSync } from 'node:zlib';
import type { InputType, ZlibOptions } from 'node:zlib';
import { promisify } from 'node:util';
import { messageOf } from '../../lib/errors.js';
import type { ScrapeOutcome } from '../model.js';

export type Encoding = 'gzip' | 'deflate';

/** Up to this size it is cheaper done at once than given to a thread; more than about 20 ms cannot come of it. */
const atOnce = 32 * 1024;

interface Decoder {
  readonly now: (body: InputType, options: ZlibOptions) => Buffer;
  readonly later: (body: InputType, options: ZlibOptions) => Promise<Buffer>;
}

const gzipped: Decoder = { now: gunzipSync, later: promisify<InputType, ZlibOptions, Buffer>(gunzip) };
const wrapped: Decoder = { now: inflateSync, later: promisify<InputType, ZlibOptions, Buffer>(inflate) };
const bare: Decoder = { now: inflateRawSync, later: promisify<InputType, ZlibOptions, Buffer>(inflateRaw) };

/** What `Content-Encoding` names; null: nothing that can be read. */
export const encodingOf = (header: string): Encoding | 'none' | null => {
  const name = header.trim().toLowerCase();
  if (name === '' || name === 'identity') return 'none';
  if (name === 'gzip' || name === 'x-gzip') return 'gzip';
  return name === 'deflate' ? 'deflate' : null;
};

/** `deflate` means a zlib stream; some servers send it without its two bytes of header. */
const decoderOf = (encoding: Encoding, body: Buffer): Decoder => {
  if (encoding === 'gzip') return gzipped;
  const [first = 0, second = 0] = body;
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0 ? wrapped : bare;
};

const tooLarge = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';

type Unreadable = Extract<ScrapeOutcome, { kind: 'unreadable' }>;

const failure = (error: unknown, encoding: Encoding, limit: number): Unreadable => ({
  kind: 'unreadable',
  why: tooLarge(error)
    ? `it is larger than the limit of ${limit} bytes once uncompressed`
    : `it is no valid ${encoding}: ${messageOf(error)}`,
});

/**
 * Hands on what a body holds, of at most `limit` bytes; or why it holds nothing. The body's bytes need last no longer than
 * this call.
 */
export const uncompress = <T>(
  body: Buffer,
  encoding: Encoding,
  limit: number,
  read: (page: Buffer) => T,
): T | Unreadable | Promise<T | Unreadable> => {
  const { now, later } = decoderOf(encoding, body);
  const options = { maxOutputLength: limit };
  const fail = (error: unknown): Unreadable => failure(error, encoding, limit);
  if (body.length > atOnce) return later(Buffer.from(body), options).then(read, fail);
  let page: Buffer;
  try {
    page = now(body, options);
  } catch (error) {
    return fail(error);
  }
  return read(page);
};
