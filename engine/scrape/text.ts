/**
 * Prometheus text format 0.0.4, read from bytes. Lines about metrics that nobody asked for are left as soon as their name is
 * known not to be wanted; what is wrong with a wanted line is reported and never becomes a sample.
 */
import type { Labels, Sample, SeriesFilter } from '../model.js';
import { isBlank, trimBlanks } from './blank.js';
import { commentProblem } from './comment.js';
import { NameTable } from './names.js';
import { Remembered } from './remembered.js';
import { canonical, readSeries } from './series.js';
import { readDigits, readMilliseconds, readValue } from './value.js';

export type PageText =
  | { readonly ok: true; readonly samples: readonly Sample[]; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly why: string };

const newline = 0x0a;
const hash = 0x23;
const quote = 0x22;
const backslash = 0x5c;
const open = 0x7b;
const close = 0x7d;

const warningLimit = 20;
const lineLimit = 64 * 1024;
/** Characters of series texts remembered per filter; beyond it the memory starts anew. */
const memoryLimit = 8 * 1024 * 1024;

/** A series as it stands on pages; `page` is the last page that it was seen on. */
interface Known {
  readonly name: string;
  readonly labels: Labels;
  page: number;
}

/** Reads pages for one filter, and remembers what the texts of its series mean: instances of a service show the same ones. */
export class PageReader {
  readonly #filter: SeriesFilter;
  readonly #names: NameTable;
  readonly #bySeries = new Map<string, Known>();
  readonly #byText = new Remembered<Known | 'unwanted' | { readonly why: string }>(memoryLimit, () =>
    this.#bySeries.clear(),
  );
  #pages = 0;
  #samples: Sample[] = [];
  #warnings: string[] = [];
  #suppressed = 0;

  /**
   * `strict`: comments are checked as well, each warning is told, a series that stands twice is two samples, and empty labels
   * are shown.
   */
  constructor(
    filter: SeriesFilter,
    private readonly strict = false,
  ) {
    this.#filter = filter;
    this.#names = new NameTable(filter.names);
  }

  read(page: Buffer): PageText {
    const start = firstByte(page);
    if (page[start] === 0x3c) return { ok: false, why: 'it starts with "<": HTML or XML, no metrics page' };
    this.#begin();
    this.#lines(page, start);
    const told = this.strict && this.#warnings.length > 0;
    if (this.#samples.length === 0 && !told && !looksLikeMetrics(page, start))
      return { ok: false, why: 'no line of it is Prometheus text' };
    if (this.#suppressed > 0) this.#warnings.push(`and ${this.#suppressed} more`);
    return { ok: true, samples: this.#samples, warnings: this.#warnings };
  }

  #begin(): void {
    this.#pages++;
    this.#samples = [];
    this.#warnings = [];
    this.#suppressed = 0;
  }

  #lines(page: Buffer, start: number): void {
    let line = lineNumberAt(page, start);
    for (let from = start; from < page.length; line++) {
      const found = page.indexOf(newline, from);
      const end = found < 0 ? page.length : found;
      this.#line(page, from, end, line);
      from = end + 1;
    }
  }

  #line(page: Buffer, from: number, end: number, line: number): void {
    const first = page[from];
    if (from >= end) return;
    if (first === hash) return this.strict ? this.#comment(page.subarray(from, end), line) : undefined;
    if (isBlank(first)) {
      let start = from;
      while (start < end && isBlank(page[start])) start++;
      if (start < end) this.#line(page, start, end, line);
      return;
    }
    if (first === open || this.#filter.open || this.#names.at(page, from) !== null) this.#wanted(page, from, end, line);
  }

  #comment(text: Uint8Array, line: number): void {
    const why = commentProblem(text);
    if (why !== null) this.#warn(line, why);
  }

  #wanted(page: Buffer, from: number, end: number, line: number): void {
    if (end - from > lineLimit) return this.#warn(line, `is longer than ${lineLimit} bytes`);
    const to = seriesEnd(page, from, end);
    if (to < 0) return this.#warn(line, 'has an unclosed brace or quote');
    const known = this.#series(page, from, to);
    if (known === 'unwanted') return;
    if ('why' in known) return this.#warn(line, known.why);
    this.#sample(page, to, end, line, known);
  }

  #sample(page: Buffer, from: number, end: number, line: number, known: Known): void {
    let start = from;
    while (start < end && isBlank(page[start])) start++;
    let stop = start;
    while (stop < end && !isBlank(page[stop])) stop++;
    const digits = readDigits(page, start, stop);
    const value = digits >= 0 ? digits : readValue(page.toString('latin1', start, stop));
    if (start === stop) return this.#warn(line, 'has no value');
    if (value === undefined) return this.#warn(line, `has "${excerpt(page, start, stop)}" for a value`);
    const rest = stop < end ? trimBlanks(page.toString('latin1', stop, end)) : '';
    const timestampMs = rest === '' ? null : readMilliseconds(rest);
    if (timestampMs === undefined) return this.#warn(line, `has "${rest.slice(0, 40)}" for a timestamp`);
    if (known.page === this.#pages && !this.strict)
      return this.#warn(line, `repeats a series of ${known.name}; the first counts`);
    known.page = this.#pages;
    this.#samples.push({ name: known.name, labels: known.labels, value, timestampMs });
  }

  #series(page: Buffer, from: number, to: number): Known | 'unwanted' | { readonly why: string } {
    // latin1 maps bytes to characters one to one: a cheap key, decoded properly only when it is new.
    return this.#byText.at(page.toString('latin1', from, to), () => this.#learn(page.subarray(from, to)));
  }

  #learn(bytes: Uint8Array): Known | 'unwanted' | { readonly why: string } {
    const series = readSeries(bytes, this.strict);
    if (!series.ok) return { why: series.why };
    const { name, labels } = series;
    if (!this.#filter.open && !this.#filter.names.has(name)) return 'unwanted';
    if (!this.#filter.wants(name, labels)) return 'unwanted';
    if (this.strict) return { name, labels, page: 0 };
    const key = canonical(name, labels);
    let known = this.#bySeries.get(key);
    if (!known) this.#bySeries.set(key, (known = { name, labels, page: 0 }));
    return known;
  }

  #warn(line: number, why: string): void {
    if (this.#warnings.length < warningLimit || this.strict) this.#warnings.push(`line ${line} ${why}`);
    else this.#suppressed++;
  }
}

const excerpt = (page: Buffer, from: number, to: number): string =>
  page.toString('latin1', from, Math.min(to, from + 40));

/** First byte after the name and labels of a line; -1: they do not end. */
const seriesEnd = (page: Buffer, from: number, end: number): number => {
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
const firstByte = (page: Buffer): number => {
  let at = page[0] === 0xef && page[1] === 0xbb && page[2] === 0xbf ? 3 : 0;
  while (at < page.length && (isBlank(page[at]) || page[at] === newline)) at++;
  return at;
};

const lineNumberAt = (page: Buffer, at: number): number => {
  let line = 1;
  for (let i = page.indexOf(newline); i >= 0 && i < at; i = page.indexOf(newline, i + 1)) line++;
  return line;
};

/** Asked only where a page brought nothing: is it empty, or does one of its first lines have the form of a sample or a comment? */
const looksLikeMetrics = (page: Buffer, start: number): boolean => {
  if (start >= page.length) return true;
  const head = page.toString('latin1', start, Math.min(page.length, start + 16_384));
  return /^(?:#|[a-zA-Z_:][\w:]*[ \t]*(?:\{.*\})?[ \t]+[+-]?(?:[\d.]|nan|inf)|\{)/im.test(head);
};

const readers = new WeakMap<SeriesFilter, PageReader>();

/** One page for one filter. The reader of a filter is kept as long as the filter is. */
export const parseText = (page: Uint8Array | string, wanted: SeriesFilter): PageText => {
  let reader = readers.get(wanted);
  if (!reader) readers.set(wanted, (reader = new PageReader(wanted)));
  const bytes =
    typeof page === 'string' ? Buffer.from(page) : Buffer.from(page.buffer, page.byteOffset, page.byteLength);
  return reader.read(bytes);
};
