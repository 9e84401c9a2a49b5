/**
 * Pages whose lines stood in the same order, up to their values, on a page that was checked in full and accepted. What a family
 * is called, what its lines say, how they are ordered, that none stands twice: all that was checked then. What is left are the
 * values.
 */
import type { Sample } from '../../model.js';
import { Lines, type Line } from '../lines.js';
import { lineEnd, newline } from '../places.js';
import { Remembered } from '../remembered.js';
import { PlainNumbers } from '../value.js';
import { nameEndAt, seriesEndAt } from './bytes.js';
import type { Series, Standing } from './family.js';
import { readRest } from './line.js';
import type { Rest } from './line.js';
import { mayHaveExemplar, valueProblem } from './rules.js';

/** What stands there, and by what its value is judged. A line without a series describes a family, or ends the page. */
export interface Place {
  readonly id: number;
  /** Of its text, up to the value. */
  readonly length: number;
  readonly series: Series | null;
  /** Null: a line without a value. */
  readonly standing: Standing | null;
  /** On another page the same text was to be judged in another way: such pages are checked in full. */
  fit: boolean;
}

const hash = 0x23;
const lineLimit = 64 * 1024;
const textLimit = 1024 * 1024;
const orderLimit = 20_000;
/** Two primes below 2^26, so that the products stay exact; together an order is known by 52 bits. */
const [one, other] = [67_108_859, 67_108_837] as const;

const isSame = (a: Standing | null, b: Standing | null): boolean =>
  a === b || (a !== null && b !== null && a.type === b.type && a.suffix === b.suffix && a.role === b.role);

/** The order of lines as a number. */
class Order {
  #first = 1;
  #second = 1;

  add(id: number): void {
    this.#first = (this.#first * 8_191 + id) % one;
    this.#second = (this.#second * 131_071 + id) % other;
  }

  get key(): number {
    return this.#first * other + this.#second;
  }
}

export class KnownPages {
  readonly #lines = new Lines<Place>({ id: 0, length: 0, series: null, standing: null, fit: true });
  readonly #byText = new Remembered<Line<Place>>(textLimit, () => (this.#isFull = true));
  readonly #orders = new Set<number>();
  readonly #numbers = new PlainNumbers();
  #isFull = false;
  #ids = 0;
  /** Of the line that was read last. */
  #end = 0;
  /** The lines so far of the page that is checked in full; null: it cannot be known again. */
  #noted: Line<Place>[] | null = null;
  #view: DataView = new DataView(new ArrayBuffer(0));

  /** The selected samples of a page that is known to be well; null: it is to be checked in full. */
  read(page: Buffer): readonly Sample[] | null {
    if (this.#lines.turn() || this.#isFull) this.#forget();
    const view = new DataView(page.buffer, page.byteOffset, page.length);
    const samples: Sample[] = [];
    const order = new Order();
    let before = this.#lines.top;
    let bucket = 0;
    for (let from = 0, end: number; from < page.length; from = end + 1) {
      const { next } = before;
      const line = next !== null && this.#lines.isAt(view, from, next) ? next : this.#find(page, from);
      if (line?.meaning.fit !== true) return null;
      before.next = line;
      before = line;
      const { id, length, series, standing } = line.meaning;
      order.add(id);
      end = from + length;
      if (series === null || standing === null) {
        if (end < page.length && page[end] !== newline) return null;
        continue;
      }
      const value = this.#value(page, end, standing);
      end = this.#end;
      if (value === null || end - from > lineLimit || !mayBe(value, standing, bucket)) return null;
      if (standing.role === 'first' || standing.role === 'next') bucket = value;
      if (series.selected) samples.push({ name: series.name, labels: series.labels, value, timestampMs: null });
    }
    return this.#orders.has(order.key) ? samples : null;
  }

  /** A page is about to be checked in full. */
  begin(page: Buffer): void {
    this.#view = new DataView(page.buffer, page.byteOffset, page.length);
    this.#noted = [];
  }

  /** A line without a value. */
  noteText(page: Buffer, from: number, to: number): void {
    this.#note(page, from, to, null, null);
  }

  /** A sample whose series ends at `to`. */
  noteSample(page: Buffer, from: number, to: number, series: Series, standing: Standing, rest: Rest): void {
    // Times rise or fall, and a count is compared with buckets behind it: of such pages more than single values is to be checked.
    const isPlain = rest.timestamp === null && standing.role !== 'early';
    if (isPlain) this.#note(page, from, to + 1, series, standing);
    else this.#noted = null;
  }

  /** The page was accepted. */
  accept(): void {
    if (this.#noted === null) return;
    if (this.#orders.size >= orderLimit) this.#orders.clear();
    const order = new Order();
    let before = this.#lines.top;
    for (const line of this.#noted) {
      order.add(line.meaning.id);
      before.next = line;
      before = line;
    }
    this.#orders.add(order.key);
    this.#noted = null;
  }

  #note(page: Buffer, from: number, to: number, series: Series | null, standing: Standing | null): void {
    if (this.#noted === null) return;
    const line = this.#byText.at(page.toString('latin1', from, to), () => {
      const place = { id: ++this.#ids, length: to - from, series, standing, fit: true };
      return this.#lines.learn(place, this.#view, from, to);
    });
    if (!isSame(line.meaning.standing, standing)) line.meaning.fit = false;
    this.#noted.push(line);
  }

  #find(page: Buffer, from: number): Line<Place> | null {
    const end = lineEnd(page, from);
    const series = page[from] === hash ? end : seriesEndAt(page, nameEndAt(page, from, end), end);
    if (series < 0) return null;
    const to = page[from] === hash ? end : Math.min(series + 1, end);
    return this.#byText.get(page.toString('latin1', from, to)) ?? null;
  }

  /** The value that stands there, without a time, on a line that ends at `#end`; null: more stands there, or less. */
  #value(page: Buffer, from: number, { type, suffix, role }: Standing): number | null {
    const plain = this.#numbers.read(page, from, page.length);
    this.#end = this.#numbers.end;
    if (plain >= 0 && (this.#end === page.length || page[this.#end] === newline)) return plain;
    this.#end = lineEnd(page, from);
    if (this.#end - from > lineLimit) return null;
    const rest = readRest(page.toString('utf8', from - 1, this.#end));
    if (typeof rest === 'string' || rest.timestamp !== null) return null;
    if (rest.exemplar && !mayHaveExemplar(type, suffix)) return null;
    // Below 0 a sum depends on the buckets.
    return role === 'sum' && rest.value < 0 ? null : rest.value;
  }

  #forget(): void {
    this.#isFull = false;
    this.#lines.forget();
    this.#byText.clear();
    this.#orders.clear();
  }
}

const mayBe = (value: number, { type, suffix, role }: Standing, bucket: number): boolean => {
  if (role === 'next' && value < bucket) return false;
  if (role === 'count' && value !== bucket) return false;
  return valueProblem(type, suffix, value) === null;
};
