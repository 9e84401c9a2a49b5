/** Where things stand on a page of Prometheus text. */
import { isBlank } from './blank.js';

export const newline = 0x0a;
const quote = 0x22;
const backslash = 0x5c;
const open = 0x7b;
const close = 0x7d;

/** First byte after the name and labels of a line; -1: they do not end. */
export const seriesEnd = (page: Uint8Array, from: number, end: number): number => {
  let at = from;
  while (at < end && page[at] !== open && !isBlank(page[at])) at++;
  let brace = at;
  while (brace < end && isBlank(page[brace])) brace++;
  if (page[brace] !== open || brace >= end) return at;
  let quoted = false;
  for (at = brace + 1; at < end; at++) {
    const byte = page[at];
    if (byte === backslash && quoted) at++;
    else if (byte === quote) quoted = !quoted;
    else if (byte === close && !quoted) return at + 1;
  }
  return -1;
};

/** After a byte order mark and white space. */
export const firstByte = (page: Uint8Array): number => {
  let at = page[0] === 0xef && page[1] === 0xbb && page[2] === 0xbf ? 3 : 0;
  while (at < page.length && (isBlank(page[at]) || page[at] === newline)) at++;
  return at;
};

/** The newline that ends a line, or the page's end. */
export const lineEnd = (page: Buffer, from: number): number => {
  const found = page.indexOf(newline, from);
  return found < 0 ? page.length : found;
};

/** The same, where it is but a few bytes away. */
export const nearLineEnd = (page: Uint8Array, from: number): number => {
  let at = from;
  while (at < page.length && page[at] !== newline) at++;
  return at;
};

export const lineNumberAt = (page: Buffer, at: number): number => {
  let line = 1;
  for (let i = page.indexOf(newline); i >= 0 && i < at; i = page.indexOf(newline, i + 1)) line++;
  return line;
};

/** Asked only where a page brought nothing: is it empty, or does one of its first lines have the form of a sample or a comment? */
export const looksLikeMetrics = (page: Buffer, start: number): boolean => {
  if (start >= page.length) return true;
  const head = page.toString('latin1', start, Math.min(page.length, start + 16_384));
  return /^(?:#|[a-zA-Z_:][\w:]*[ \t]*(?:\{.*\})?[ \t]+[+-]?(?:[\d.]|nan|inf)|\{)/im.test(head);
};

/**
 * How much of a sample's line stands there whatever its value: its series, which ends at `to`, and one blank. What follows
 * must not be more of the series, nor another blank, for the value to be found there again; -1: it is.
 */
export const valueAt = (page: Uint8Array, to: number, end: number): number =>
  to < end && isBlank(page[to]) && beginsValue(page, to + 1, end) ? to + 1 : -1;

/** What stands there is no blank, and no brace that belongs to the name before it. */
export const beginsValue = (page: Uint8Array, at: number, end: number): boolean =>
  at < end && page[at] !== open && page[at] !== newline && !isBlank(page[at]);
