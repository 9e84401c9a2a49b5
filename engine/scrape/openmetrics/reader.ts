/**
 * OpenMetrics 1.0: a page is accepted or refused as a whole, also for what nobody asks for. Pages that show the lines of one that
 * was accepted are known again, and only their values are looked at ({@link KnownPages}).
 */
import { isUtf8 } from 'node:buffer';
import type { Sample, SeriesFilter } from '../../model.js';
import { Remembered } from '../remembered.js';
import { canonical } from '../series.js';
import { PlainNumbers } from '../value.js';
import type { Report } from './buckets.js';
import { describedNameEnd, kindAt, nameEndAt, nameOffset, sameBytes, seriesEndAt } from './bytes.js';
import { Family } from './family.js';
import type { Series } from './family.js';
import { KnownPages } from './known.js';
import { readMetadata, readRest, readStrictSeries } from './line.js';
import type { Rest } from './line.js';
import { Shapes } from './shape.js';

export interface Problem {
  readonly line: number;
  readonly why: string;
}

export interface StrictPage {
  readonly samples: readonly Sample[];
  /** Empty: the page is accepted. */
  readonly problems: readonly Problem[];
}

const newline = 0x0a;
const space = 0x20;
const hash = 0x23;
const lineLimit = 64 * 1024;
const memoryLimit = 8 * 1024 * 1024;
const ending = '# EOF';

/** Reads pages for one filter; `thorough` goes on after a problem, to tell them all, and shows empty labels. */
export class OpenMetricsReader {
  readonly #shapes = new Shapes();
  readonly #known = new KnownPages();
  readonly #series = new Remembered<Series | string>(memoryLimit);
  #samples: Sample[] = [];
  #problems: Problem[] = [];
  #pages = 0;
  #family: Family | null = null;
  /** Where on the page the family's name stands; empty: not as a bare name. */
  #nameFrom = 0;
  #nameTo = 0;

  constructor(
    private readonly filter: SeriesFilter,
    private readonly thorough = false,
  ) {}

  read(page: Buffer): StrictPage {
    const samples = this.thorough ? null : this.#known.read(page);
    if (samples !== null) return { samples, problems: [] };
    this.#begin();
    this.#known.begin(page);
    const encoded = isUtf8(page);
    if (!encoded) this.#problem(firstInvalid(page), 'is not valid UTF-8');
    if (encoded || this.thorough) this.#lines(page);
    if (this.#problems.length === 0) this.#known.accept();
    return { samples: this.#samples, problems: this.#problems };
  }

  #begin(): void {
    this.#samples = [];
    this.#problems = [];
    this.#pages++;
    this.#shapes.tidy();
    this.#family = null;
    this.#nameFrom = this.#nameTo = 0;
  }

  get #refused(): boolean {
    return this.#problems.length > 0 && !this.thorough;
  }

  #lines(page: Buffer): void {
    let line = 1;
    let ended = false;
    for (let from = 0; from < page.length && !this.#refused; line++) {
      const found = page.indexOf(newline, from);
      const end = found < 0 ? page.length : found;
      if (ended) return this.#problem(line, `stands after ${ending}`);
      if (page[from] === hash) this.#known.noteText(page, from, end);
      if (isEnding(page, from, end)) ended = true;
      else this.#line(page, from, end, line);
      from = end + 1;
    }
    if (this.#refused) return;
    this.#endFamily();
    if (!ended) this.#problem(line, `is the end of the page, without ${ending} before it`);
  }

  #line(page: Buffer, from: number, end: number, line: number): void {
    if (end === from) return this.#problem(line, 'is blank');
    if (end - from > lineLimit) return this.#problem(line, `is longer than ${lineLimit} bytes`);
    if (page[from] === hash) return this.#describe(page, from, end, line);
    this.#sample(page, from, end, line);
  }

  #describe(page: Buffer, from: number, end: number, line: number): void {
    const kind = kindAt(page, from, end);
    const nameFrom = from + nameOffset;
    const known = nameFrom + this.#nameTo - this.#nameFrom;
    const same =
      this.#nameTo > 0 && page[known] === space && sameBytes(page, nameFrom, known, this.#nameFrom, this.#nameTo);
    const nameTo = same ? known : kind === null ? -1 : describedNameEnd(page, nameFrom, end);
    if (kind === null || nameTo < 0) return this.#describeOddly(page.toString('utf8', from, end), line);
    if (!same) {
      const name = page.toString('latin1', nameFrom, nameTo);
      if (this.#family?.name !== name) this.#beginFamily(name, line);
      this.#nameFrom = nameFrom;
      this.#nameTo = nameTo;
    }
    this.#family?.describe(kind, kind === 'HELP' ? '' : page.toString('latin1', nameTo + 1, end), line);
  }

  /** With a name in quotes, or not at all. */
  #describeOddly(text: string, line: number): void {
    const metadata = readMetadata(text);
    if (!metadata) return this.#problem(line, `is neither TYPE, HELP nor UNIT of a metric, nor ${ending}`);
    if (this.#family?.name !== metadata.name) this.#beginFamily(metadata.name, line);
    this.#family?.describe(metadata.kind, metadata.text, line);
  }

  #owns(name: string): boolean {
    return this.#family?.shape.names.has(name) === true;
  }

  #sample(page: Buffer, from: number, end: number, line: number): void {
    const to = seriesEndAt(page, nameEndAt(page, from, end), end);
    if (to < 0) return this.#problem(line, 'has an unclosed brace or quote');
    // latin1 maps bytes to characters one to one: a cheap key, decoded properly only when it is new.
    const series = this.#series.at(page.toString('latin1', from, to), () =>
      this.#learn(page.toString('utf8', from, to)),
    );
    if (typeof series === 'string') return this.#problem(line, series);
    const rest = plainRest(page, to, end) ?? readRest(page.toString('utf8', to, end));
    if (typeof rest === 'string') return this.#problem(line, rest);
    if (!this.#owns(series.name)) this.#beginFamily(series.name, line);
    const standing = this.#family?.add(series, rest, line) ?? null;
    if (standing === null) return;
    this.#known.noteSample(page, from, to, series, standing, rest);
    if (!series.selected) return;
    const { name, labels } = series;
    const { value, timestamp } = rest;
    this.#samples.push({ name, labels, value, timestampMs: timestamp === null ? null : Math.round(timestamp * 1000) });
  }

  #learn(text: string): Series | string {
    const read = readStrictSeries(text, this.thorough);
    if (typeof read === 'string') return read;
    const { name, labels } = read;
    const { open: every, names } = this.filter;
    const selected = (every || names.has(name)) && this.filter.wants(name, labels);
    return { name, labels, selected, key: canonical(name, labels), group: null };
  }

  #beginFamily(name: string, line: number): void {
    this.#endFamily();
    this.#nameFrom = this.#nameTo = 0;
    this.#family = new Family(this.#shapes, name, line, this.#report);
  }

  #endFamily(): void {
    this.#family?.end(this.#pages);
  }

  readonly #report: Report = (line, why) => this.#problem(line, why);

  #problem(line: number, why: string): void {
    this.#problems.push({ line, why });
  }
}

const isEnding = (page: Buffer, from: number, end: number): boolean =>
  end - from === ending.length && page[from] === hash && page.toString('latin1', from, end) === ending;

const numbers = new PlainNumbers();

/** ` value` where it is a plain number, and nothing follows; else null. */
const plainRest = (page: Buffer, from: number, end: number): Rest | null => {
  const value = page[from] === space ? numbers.read(page, from + 1, end) : -1;
  return value < 0 || numbers.end < end ? null : { value, timestamp: null, exemplar: false };
};

/** The first line that is not valid UTF-8. */
const firstInvalid = (page: Buffer): number => {
  let line = 1;
  for (let from = 0; from < page.length; line++) {
    const found = page.indexOf(newline, from);
    const end = found < 0 ? page.length : found;
    if (!isUtf8(page.subarray(from, end))) return line;
    from = end + 1;
  }
  return line;
};
