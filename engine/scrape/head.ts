/** The head of an HTTP/1.x answer, read from bytes: of its headers only those that a scrape heeds become texts. */
import { NotHttp } from './not-http.js';

/** What comes twice is joined by a comma. */
export interface Headers {
  'content-type': string | undefined;
  'content-encoding': string | undefined;
  'content-length': string | undefined;
  'transfer-encoding': string | undefined;
  connection: string | undefined;
  'keep-alive': string | undefined;
}

export interface Head {
  readonly status: number;
  /** Of HTTP/1.0 or 1.1. */
  readonly minor: number;
  readonly headers: Readonly<Headers>;
}

const newline = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const tab = 0x09;
const colon = 0x3a;

const start = Buffer.from('HTTP/1.');

/** Does it begin as an answer does, as far as it goes? */
export const isHttp = (bytes: Uint8Array): boolean => {
  for (let i = Math.min(bytes.length, start.length) - 1; i >= 0; i--) if (bytes[i] !== start[i]) return false;
  return true;
};

/** Index after the empty line that ends a head, whose lines end as they should or with a newline alone; -1: not there yet. */
export const endOfHead = (bytes: Uint8Array, limit: number): number => {
  const to = Math.min(bytes.length, limit);
  for (let at = 0; at < to; at++) {
    if (bytes[at] !== newline) continue;
    if (bytes[at + 1] === newline) return at + 2;
    const both = bytes[at - 1] === carriageReturn && bytes[at + 1] === carriageReturn;
    if (both && bytes[at + 2] === newline) return at + 3;
  }
  return -1;
};

/** By byte: the same in lower case where it may stand in a header's name, else 0. */
const nameBytes = new Uint8Array(256);
for (const char of "!#$%&'*+.^`|~-_0123456789abcdefghijklmnopqrstuvwxyz") {
  nameBytes[char.charCodeAt(0)] = char.charCodeAt(0);
  nameBytes[char.toUpperCase().charCodeAt(0)] = char.charCodeAt(0);
}

const heeded = (
  ['content-type', 'content-encoding', 'content-length', 'transfer-encoding', 'connection', 'keep-alive'] as const
).map((name) => ({ name, bytes: Buffer.from(name) }));

const nameAt = (page: Uint8Array, from: number, to: number): keyof Headers | null => {
  for (const { name, bytes } of heeded) {
    if (bytes.length !== to - from) continue;
    let same = 0;
    while (same < bytes.length && nameBytes[page[from + same] ?? 0] === bytes[same]) same++;
    if (same === bytes.length) return name;
  }
  return null;
};

/** The end of a line, without what ends it; NaN: a carriage return stands in its middle. */
const lineEndAt = (page: Uint8Array, from: number, end: number): number => {
  for (let at = from; at < end; at++) {
    const byte = page[at];
    if (byte === newline) return at;
    if (byte === carriageReturn) return page[at + 1] === newline ? at : NaN;
  }
  return end;
};

const isSpace = (byte: number | undefined): boolean => byte === space || byte === tab;

const trimmed = (page: Buffer, from: number, to: number): string => {
  let [first, last] = [from, to];
  while (first < last && isSpace(page[first])) first++;
  while (last > first && isSpace(page[last - 1])) last--;
  return page.toString('latin1', first, last);
};

const shownLine = (page: Buffer, from: number, end: number): string =>
  page.toString('latin1', from, end).split(/\r?\n/, 1)[0]?.slice(0, 40) ?? '';

const statusAt = (page: Buffer, to: number): number => {
  const digit = (at: number): number => (page[at] ?? 0) - 0x30;
  const [hundreds, tens, ones] = [digit(9), digit(10), digit(11)];
  const isOne = hundreds >= 1 && hundreds <= 5 && tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9;
  const isWhole = to === 12 || (to > 12 && page[12] === space);
  return isOne && isWhole && page[8] === space ? 100 * hundreds + 10 * tens + ones : 0;
};

/** Reads the head in [0, end) of bytes that begin with `HTTP/1.`; throws NotHttp. */
export const readHead = (page: Buffer, end: number): Head => {
  let last = end;
  while (last > 0 && (isSpace(page[last - 1]) || page[last - 1] === newline || page[last - 1] === carriageReturn))
    last--;
  const to = lineEndAt(page, 0, last);
  const minor = (page[7] ?? 0) - 0x30;
  const status = minor === 0 || minor === 1 ? statusAt(page, to) : 0;
  if (status === 0) throw new NotHttp(`its first line is "${shownLine(page, 0, last)}"`);
  return { status, minor, headers: readHeaders(page, nextLine(page, to), last) };
};

const nextLine = (page: Uint8Array, lineEnd: number): number => lineEnd + (page[lineEnd] === carriageReturn ? 2 : 1);

const readHeaders = (page: Buffer, start: number, end: number): Headers => {
  const headers: Headers = {
    'content-type': undefined,
    'content-encoding': undefined,
    'content-length': undefined,
    'transfer-encoding': undefined,
    connection: undefined,
    'keep-alive': undefined,
  };
  for (let from = start, to: number; from < end; from = nextLine(page, to)) {
    let nameEnd = from;
    while (nameEnd < end && nameBytes[page[nameEnd] ?? 0] !== 0) nameEnd++;
    to = lineEndAt(page, nameEnd, end);
    if (nameEnd === from || page[nameEnd] !== colon || Number.isNaN(to))
      throw new NotHttp(`a header reads "${shownLine(page, from, end)}"`);
    const name = nameAt(page, from, nameEnd);
    if (name === null) continue;
    const value = trimmed(page, nameEnd + 1, to);
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return headers;
};
