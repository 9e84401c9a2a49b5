import type { Selector } from '../promql/selector.js';
import type { Series } from './interning.js';
import { Layout } from './layout.js';

/** `kept`: the page repeats a sample that it has given before (its own timestamp did not move): no new sample, and no end. */
export const cell = { absent: 0, value: 1, kept: 2 } as const;

/** One buffer for all that a block holds: each of its own costs a quarter of a KB, and there is a block for every instance. */
const roomFor = (rows: number, series: number): [Float64Array, Uint8Array] => {
  const cells = rows * (series + 1);
  const buffer = new ArrayBuffer(9 * cells);
  return [new Float64Array(buffer, 0, cells), new Uint8Array(buffer, 8 * cells, cells)];
};

/** The row of each age: 0 is the newest. */
export type Age = number;

/**
 * The last samples of some series of one page, as a ring of rows, a row for each page read. All series of a page were scraped
 * at once: the time stands once per row, and a cell without a value says that the series had vanished. 9 bytes a sample.
 */
export class Block {
  readonly rows: number;
  /** The time of each row, then the values of one series after another: `rows` numbers each. */
  #numbers: Float64Array;
  /** Of each row 1 where no failed scrape lies between it and the one before, then the cells of one series after another. */
  #states: Uint8Array;
  #layout = Layout.empty;
  /** Own timestamps, for the few series that bring them. */
  #own: Map<number, Float64Array> | null = null;
  #head = -1;
  #count = 0;
  #cursor = 0;
  /** Places with a value in the newest row. */
  #filled = 0;
  /** What {@link copy} was asked last, of these rows. */
  #askedMs = NaN;
  #askedAge = -1;

  constructor(rows: number, capacity: number) {
    this.rows = rows;
    [this.#numbers, this.#states] = roomFor(rows, capacity);
  }

  /** Rows held. */
  get count(): number {
    return this.#count;
  }

  /** Series held; of some the window may hold no sample any more. */
  get width(): number {
    return this.#layout.width;
  }

  /** Opens the next row; every series counts as vanished until `put` says otherwise. */
  begin(atMs: number, follows: boolean): void {
    const before = this.#head;
    this.#head = (before + 1) % this.rows;
    this.#count = Math.min(this.#count + 1, this.rows);
    this.#numbers[this.#head] = atMs;
    this.#states[this.#head] = follows ? 1 : 0;
    for (let at = this.#at(0, this.#head); at < this.#at(this.width, 0); at += this.rows)
      this.#states[at] = cell.absent;
    if (this.#own) for (const own of this.#own.values()) own[this.#head] = own[before] ?? -Infinity;
    this.#cursor = 0;
    this.#filled = 0;
    this.#askedMs = NaN;
  }

  /** A page lists its series in the same order each time: is this the one that is expected now? */
  isNext(series: Series): boolean {
    return this.#layout.list[this.#cursor] === series;
  }

  /** The first value of a series in a row counts. */
  put(series: Series, value: number, ownMs: number | null): void {
    const place = this.#place(series);
    const at = this.#at(place, this.#head);
    if (this.#states[at] !== cell.absent) return;
    this.#states[at] = this.#stamp(place, ownMs) ? cell.value : cell.kept;
    this.#numbers[at] = value;
    this.#filled++;
  }

  /** Gives up the series that have left the window, once they are half of all: moving the others costs as much as they do. */
  end(): void {
    if (this.#filled === this.width) return;
    const kept = this.#layout.list.map((_, place) => place).filter((place) => !this.#isEmpty(place));
    if (this.width - kept.length >= this.width / 2) this.#keep(kept);
  }

  /** Places of the series that a selector selects. */
  placesOf(selector: Selector): readonly number[] {
    return this.#layout.placesOf(selector);
  }

  seriesAt(place: number): Series | undefined {
    return this.#layout.list[place];
  }

  timeAt(age: Age): number {
    return this.#numbers[this.#slot(age)] ?? NaN;
  }

  followsAt(age: Age): boolean {
    return this.#states[this.#slot(age)] === 1;
  }

  cellAt(place: number, age: Age): number {
    return this.#states[this.#at(place, this.#slot(age))] ?? cell.absent;
  }

  valueAt(place: number, age: Age): number {
    return this.#numbers[this.#at(place, this.#slot(age))] ?? NaN;
  }

  /** When the sample was taken: by the page's own timestamp if it has one. */
  sampledAt(place: number, age: Age): number {
    const own = this.#own?.get(place);
    return own ? (own[this.#slot(age)] ?? NaN) : this.timeAt(age);
  }

  /** The page's own timestamp as it stood at that row; null: the series brings none. */
  ownAt(place: number, age: Age): number | null {
    return this.#own?.get(place)?.[this.#slot(age)] ?? null;
  }

  /**
   * Copies the samples of one series in (fromMs, toMs], oldest first, and returns how many. Asked for each series of each
   * range of each query: one pass over plain arrays.
   */
  copy(place: number, fromMs: number, toMs: number, times: Float64Array, values: Float64Array): number {
    const own = this.#own === null ? undefined : this.#own.get(place);
    const numbers = this.#numbers;
    const states = this.#states;
    const stamps = own ?? numbers;
    const { rows } = this;
    const base = this.#at(place, 0);
    // Without timestamps of their own all series have the times of their rows, which rise: those in the range follow one another.
    const from = own ? this.#count - 1 : this.#ageAfter(fromMs);
    let count = 0;
    let slot = this.#slot(from);
    for (let left = from; left >= 0; left--) {
      const at = stamps[slot] ?? NaN;
      if (at > fromMs && at <= toMs && states[base + slot] === cell.value) {
        times[count] = at;
        values[count++] = numbers[base + slot] ?? NaN;
      }
      if (++slot === rows) slot = 0;
    }
    return count;
  }

  /** Age of the oldest row after a time, found once for all series of a query; -1: there is none. */
  #ageAfter(fromMs: number): Age {
    if (fromMs === this.#askedMs) return this.#askedAge;
    let age = this.#count - 1;
    while (age >= 0 && !(this.timeAt(age) > fromMs)) age--;
    this.#askedMs = fromMs;
    return (this.#askedAge = age);
  }

  /** Where a cell stands: behind the rows' own. */
  #at(place: number, slot: number): number {
    return (place + 1) * this.rows + slot;
  }

  #slot(age: Age): number {
    const slot = this.#head - age;
    return slot < 0 ? slot + this.rows : slot;
  }

  #isEmpty(place: number): boolean {
    for (let age = 0; age < this.#count; age++) if (this.cellAt(place, age) !== cell.absent) return false;
    return true;
  }

  #place(series: Series): number {
    if (!this.isNext(series)) {
      const found = this.#layout.leadsTo(series) ? -1 : this.#layout.placeOf(series);
      this.#cursor = found < 0 ? this.#add(series) : found;
    }
    return this.#cursor++;
  }

  #add(series: Series): number {
    const place = this.width;
    if (this.#at(place + 1, 0) > this.#numbers.length) this.#resize(place + 1 + (place >> 2));
    this.#layout = this.#layout.with(series);
    return place;
  }

  #resize(capacity: number): void {
    const [numbers, states] = roomFor(this.rows, capacity);
    numbers.set(this.#numbers);
    states.set(this.#states);
    this.#numbers = numbers;
    this.#states = states;
  }

  /** Moves these series together, in their order, and forgets the others. */
  #keep(places: readonly number[]): void {
    const { rows } = this;
    const [numbers, states] = roomFor(rows, places.length);
    numbers.set(this.#numbers.subarray(0, rows));
    states.set(this.#states.subarray(0, rows));
    const own = new Map<number, Float64Array>();
    let layout = Layout.empty;
    places.forEach((from, to) => {
      numbers.set(this.#numbers.subarray(this.#at(from, 0), this.#at(from + 1, 0)), this.#at(to, 0));
      states.set(this.#states.subarray(this.#at(from, 0), this.#at(from + 1, 0)), this.#at(to, 0));
      const stamps = this.#own?.get(from);
      if (stamps) own.set(to, stamps);
      const series = this.#layout.list[from];
      if (series) layout = layout.with(series);
    });
    this.#numbers = numbers;
    this.#states = states;
    this.#own = own.size > 0 ? own : null;
    this.#layout = layout;
  }

  /** Notes when the sample was taken; false: it is not newer than the last one of this series. */
  #stamp(place: number, ownMs: number | null): boolean {
    let own = this.#own?.get(place);
    if (!own) {
      if (ownMs === null) return true;
      own = new Float64Array(this.rows).fill(-Infinity);
      this.#own ??= new Map();
      this.#own.set(place, own);
    }
    const before = own[this.#head] ?? -Infinity;
    const sampledAt = ownMs ?? this.timeAt(0);
    own[this.#head] = Math.max(sampledAt, before);
    return sampledAt > before;
  }
}
