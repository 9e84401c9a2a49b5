/**
 * Prometheus text format 0.0.4, read from bytes. Lines about metrics that nobody asked for are left as soon as their name is
 * known not to be wanted; what is wrong with a wanted line is reported and never becomes a sample. Lines that stood on a page
 * before are known again where they are expected ({@link Lines}).
 */
import type { Labels, Sample, SeriesFilter } from '../model.js';
import { isBlank, trimBlanks } from './blank.js';
import { commentProblem } from './comment.js';
import { Lines, type Line } from './lines.js';
import { NameTable } from './names.js';
import {
  beginsValue,
  firstByte,
  lineEnd,
  lineNumberAt,
  looksLikeMetrics,
  nearLineEnd,
  newline,
  seriesEnd,
  valueAt,
} from './places.js';
import { Remembered } from './remembered.js';
import { canonical, readSeries } from './series.js';
import { PlainNumbers, readMilliseconds, readValue } from './value.js';

export type PageText =
  | { readonly ok: true; readonly samples: readonly Sample[]; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly why: string };

const hash = 0x23;
const open = 0x7b;

const warningLimit = 20;
const lineLimit = 64 * 1024;
/** Characters of series texts remembered per filter; beyond it the memory starts anew. */
const memoryLimit = 8 * 1024 * 1024;
/** The same of lines that nobody asked for, and how many of them are looked up on one page: where all are new, it is in vain. */
const passedLimit = 512 * 1024;
const lookUps = 32;

/** A series as it stands on pages; `page` is the last page that it was seen on. */
interface Known {
  readonly name: string;
  readonly labels: Labels;
  page: number;
}

/** Null: nobody asks for it. */
type Meaning = Known | null;

/** Reads pages for one filter, and remembers what the texts of its series mean: instances of a service show the same ones. */
export class PageReader {
  readonly #filter: SeriesFilter;
  readonly #names: NameTable;
  readonly #numbers = new PlainNumbers();
  readonly #bySeries = new Map<string, Known>();
  /** Or why it is no series. */
  readonly #byText = new Remembered<Line<Meaning> | string>(memoryLimit, () => (this.#isFull = true));
  readonly #passed = new Remembered<Line<Meaning>>(passedLimit);
  readonly #known = new Lines<Meaning>(null);
  #isFull = false;
  #lookUps = 0;
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
    this.#lookUps = this.strict ? 0 : lookUps;
    if (this.#known.turn() || this.#isFull) this.#forget();
  }

  /** All at once: a line must not outlive its series, nor its bytes. */
  #forget(): void {
    this.#isFull = false;
    this.#known.forget();
    for (const memory of [this.#byText, this.#passed, this.#bySeries]) memory.clear();
  }

  #lines(page: Buffer, start: number): void {
    const view = new DataView(page.buffer, page.byteOffset, page.length);
    let before = this.#known.top;
    let line = lineNumberAt(page, start);
    for (let from = start, end: number; from < page.length; from = end + 1, line++) {
      const { next } = before;
      end = next !== null && this.#known.isAt(view, from, next) ? this.#expected(page, from, line, next) : -1;
      const found = end < 0 ? this.#line(view, page, from, (end = lineEnd(page, from)), line) : next;
      if (found === null) continue;
      before.next = found;
      before = found;
    }
  }

  /** Where the line ends that was known again; -1: it goes on in another way than expected, and is to be read from its beginning. */
  #expected(page: Buffer, from: number, line: number, { length, meaning }: Line<Meaning>): number {
    const at = from + length;
    let end: number;
    if (meaning === null) {
      if (isBlank(page[at]) || page[at] === open) return -1;
      end = nearLineEnd(page, at);
      return end - from > lineLimit ? -1 : end;
    }
    if (!beginsValue(page, at, page.length)) return -1;
    const value = this.#numbers.read(page, at, page.length);
    end = this.#numbers.end;
    const isAll = value >= 0 && (end === page.length || page[end] === newline);
    if (!isAll) end = lineEnd(page, at);
    if (end - from > lineLimit) return -1;
    if (isAll) this.#take(meaning, value, null, line);
    else this.#sample(page, at, end, line, meaning);
    return end;
  }

  /** Reads a line; null: it is not remembered. */
  #line(view: DataView, page: Buffer, from: number, end: number, line: number): Line<Meaning> | null {
    const first = page[from];
    if (from >= end) return null;
    if (first === hash) {
      if (this.strict) this.#comment(page.subarray(from, end), line);
      return this.#pass(view, page, from, end);
    }
    if (isBlank(first)) {
      let start = from;
      while (start < end && isBlank(page[start])) start++;
      if (start < end) this.#line(view, page, start, end, line);
      return null;
    }
    if (first === open || this.#filter.open || this.#names.at(page, from) !== null)
      return this.#wanted(view, page, from, end, line);
    return this.#pass(view, page, from, end);
  }

  #comment(text: Uint8Array, line: number): void {
    const why = commentProblem(text);
    if (why !== null) this.#warn(line, why);
  }

  /** A line that nobody asks for is remembered to be known again. */
  #pass(view: DataView, page: Buffer, from: number, end: number): Line<Meaning> | null {
    if (this.#lookUps === 0) return null;
    this.#lookUps--;
    const to = page[from] === hash ? end : valueAt(page, seriesEnd(page, from, end), end);
    if (!Lines.fits(from, to)) return null;
    return this.#passed.at(page.toString('latin1', from, to), () => this.#known.learn(null, view, from, to));
  }

  #wanted(view: DataView, page: Buffer, from: number, end: number, line: number): Line<Meaning> | null {
    if (end - from > lineLimit) return this.#warn(line, `is longer than ${lineLimit} bytes`);
    const to = seriesEnd(page, from, end);
    if (to < 0) return this.#warn(line, 'has an unclosed brace or quote');
    // latin1 maps bytes to characters one to one: a cheap key, decoded properly only when it is new.
    const known = this.#byText.at(page.toString('latin1', from, to), () => {
      const meaning = this.#meaningOf(page.subarray(from, to));
      return typeof meaning === 'string' ? meaning : this.#known.learn(meaning, view, from, valueAt(page, to, end));
    });
    if (typeof known === 'string') return this.#warn(line, known);
    if (known.meaning !== null) this.#sample(page, to, end, line, known.meaning);
    return known;
  }

  #sample(page: Buffer, from: number, end: number, line: number, known: Known): void {
    let start = from;
    while (start < end && isBlank(page[start])) start++;
    let stop = start;
    while (stop < end && !isBlank(page[stop])) stop++;
    const plain = this.#numbers.read(page, start, stop);
    const isPlain = plain >= 0 && this.#numbers.end === stop;
    const value = isPlain ? plain : readValue(page.toString('latin1', start, stop));
    if (start === stop) return void this.#warn(line, 'has no value');
    if (value === undefined) return void this.#warn(line, `has "${excerpt(page, start, stop)}" for a value`);
    const rest = stop < end ? trimBlanks(page.toString('latin1', stop, end)) : '';
    const timestampMs = rest === '' ? null : readMilliseconds(rest);
    if (timestampMs === undefined) return void this.#warn(line, `has "${rest.slice(0, 40)}" for a timestamp`);
    this.#take(known, value, timestampMs, line);
  }

  #take(known: Known, value: number, timestampMs: number | null, line: number): void {
    const { name, labels, page } = known;
    if (page === this.#pages && !this.strict)
      return void this.#warn(line, `repeats a series of ${name}; the first counts`);
    known.page = this.#pages;
    this.#samples.push({ name, labels, value, timestampMs });
  }

  /** Or why it is none. */
  #meaningOf(bytes: Uint8Array): Meaning | string {
    const series = readSeries(bytes, this.strict);
    if (!series.ok) return series.why;
    const { name, labels } = series;
    if (!this.#filter.open && !this.#filter.names.has(name)) return null;
    if (!this.#filter.wants(name, labels)) return null;
    if (this.strict) return { name, labels, page: 0 };
    const key = canonical(name, labels);
    let known = this.#bySeries.get(key);
    if (!known) this.#bySeries.set(key, (known = { name, labels, page: 0 }));
    return known;
  }

  #warn(line: number, why: string): null {
    if (this.#warnings.length < warningLimit || this.strict) this.#warnings.push(`line ${line} ${why}`);
    else this.#suppressed++;
    return null;
  }
}

const excerpt = (page: Buffer, from: number, to: number): string =>
  page.toString('latin1', from, Math.min(to, from + 40));

const readers = new WeakMap<SeriesFilter, PageReader>();

/** One page for one filter. The reader of a filter is kept as long as the filter is. */
export const parseText = (page: Uint8Array | string, wanted: SeriesFilter): PageText => {
  let reader = readers.get(wanted);
  if (!reader) readers.set(wanted, (reader = new PageReader(wanted)));
  const bytes =
    typeof page === 'string' ? Buffer.from(page) : Buffer.from(page.buffer, page.byteOffset, page.byteLength);
  return reader.read(bytes);
};
