import type { Slabs } from '../../../lib/slab.js';
import type { Selector } from '../promql/selector.js';
import { unbroken, withRow } from './breaks.js';
import type { Series } from './interning.js';
import { Cells, isNarrow, noteWidth } from './cells.js';
import { Layout } from './layout.js';
import { Stamps } from './stamps.js';
import { cell, States } from './states.js';

export { cell } from './states.js';

/** The row of each age: 0 is the newest. */
export type Age = number;

/**
 * The last samples of some series of one page, as a ring of rows, a row for each page read. All series of a page were scraped
 * at once: the time stands once per row, and a cell without a value says that the series had vanished. 4 or 8 bytes a sample.
 */
export class Block {
  readonly rows: number;
  readonly #slabs: Slabs;
  #cells: Cells;
  #states: States;
  /** The rows with a failed scrape between them and the one before. */
  #breaks = unbroken;
  #layout = Layout.empty;
  /** Null: no series brings times of its own. */
  #stamps: Stamps | null = null;
  #head = -1;
  #count = 0;
  #cursor = 0;
  /** Places with a value in the newest row. */
  #filled = 0;
  /** What {@link copy} was asked last, of these rows. */
  #askedMs = NaN;
  #askedAge = -1;

  /** Room for so many series, of which so many are wide. */
  constructor(slabs: Slabs, rows: number, series: number, wides = 0) {
    this.#slabs = slabs;
    this.rows = rows;
    this.#cells = new Cells(slabs, rows, wides, series - wides);
    this.#states = States.same(rows);
  }

  /** Gives its room back: it is empty, and must not be written to, from now on. */
  release(): void {
    this.#cells.release();
    this.#layout = Layout.empty;
    this.#count = 0;
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
    this.#cells.wide[this.#cells.times + this.#head] = atMs;
    this.#breaks = withRow(this.#breaks, this.#head, follows);
    this.#states.open(this.#head);
    this.#stamps?.open(this.#head, before);
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
    const place = this.#place(series, value);
    if (!this.#states.differ && place < this.#filled) return;
    if (place > this.#filled) this.#tell();
    if (this.#states.differ && this.#states.at(place, this.#head) !== cell.absent) return;
    const isNew = this.#stamp(place, ownMs);
    if (!isNew) this.#tell();
    this.#states.set(place, this.#head, isNew ? cell.value : cell.kept);
    this.#write(place, series, value);
    this.#filled++;
  }

  /** Gives up the series that have left the window, once they are half of all: moving the others costs as much as they do. */
  end(): void {
    if (this.#filled === this.width) return;
    this.#tell();
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
    return this.#cells.wide[this.#cells.times + this.#row(age)] ?? NaN;
  }

  followsAt(age: Age): boolean {
    return this.#breaks.length === 0 || !this.#breaks.includes(this.#row(age));
  }

  cellAt(place: number, age: Age): number {
    return this.#states.at(place, this.#row(age));
  }

  valueAt(place: number, age: Age): number {
    return this.#cells.at(this.#layout.slotOf(place), this.#row(age));
  }

  /** When the sample was taken: by the page's own timestamp if it has one. */
  sampledAt(place: number, age: Age): number {
    const own = this.#stamps?.of(place);
    return own ? (own[this.#row(age)] ?? NaN) : this.timeAt(age);
  }

  /** The page's own timestamp as it stood at that row; null: the series brings none. */
  ownAt(place: number, age: Age): number | null {
    return this.#stamps?.of(place)?.[this.#row(age)] ?? null;
  }

  /**
   * Copies the samples of one series in (fromMs, toMs], oldest first, and returns how many. Asked for each series of each
   * range of each query: one pass over plain arrays.
   */
  copy(place: number, fromMs: number, toMs: number, times: Float64Array, values: Float64Array): number {
    const own = this.#stamps === null ? undefined : this.#stamps.of(place);
    const slot = this.#layout.slotOf(place);
    const numbers = this.#cells.of(slot);
    const base = this.#cells.base(slot);
    const { rows } = this;
    const states = this.#states;
    if (own === undefined && !states.differ) {
      // Every series has a value in each row, and the rows' times rise: those in the range follow one another.
      const { wide, times: first } = this.#cells;
      const from = this.#ageAfter(fromMs);
      const length = from + 1 - this.#ageUntil(toMs);
      for (let nth = 0, row = this.#row(from); nth < length; nth++) {
        times[nth] = wide[first + row] ?? NaN;
        values[nth] = numbers[base + row] ?? NaN;
        if (++row === rows) row = 0;
      }
      return Math.max(0, length);
    }
    let count = 0;
    for (let age = this.#count - 1; age >= 0; age--) {
      const at = this.sampledAt(place, age);
      if (!(at > fromMs && at <= toMs && this.cellAt(place, age) === cell.value)) continue;
      times[count] = at;
      values[count++] = numbers[base + this.#row(age)] ?? NaN;
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

  /** Age of the newest row until a time. */
  #ageUntil(toMs: number): Age {
    let age = 0;
    while (age < this.#count && this.timeAt(age) > toMs) age++;
    return age;
  }

  #row(age: Age): number {
    const row = this.#head - age;
    return row < 0 ? row + this.rows : row;
  }

  #isEmpty(place: number): boolean {
    for (let age = 0; age < this.#count; age++) if (this.cellAt(place, age) !== cell.absent) return false;
    return true;
  }

  #place(series: Series, value: number): number {
    if (!this.isNext(series)) {
      const found = this.#layout.leadsTo(series) ? -1 : this.#layout.placeOf(series);
      this.#cursor = found < 0 ? this.#add(series, value) : found;
    }
    return this.#cursor++;
  }

  #add(series: Series, value: number): number {
    // In the rows before this one it was not there.
    if (this.#count > 1) this.#tell();
    noteWidth(series, value);
    const place = this.width;
    this.#layout = this.#layout.with(series);
    if (!this.#cells.hasRoom(this.#layout.lastSlot)) this.#arrange(this.#layout, place);
    this.#states.add(this.width);
    return place;
  }

  #write(place: number, series: Series, value: number): void {
    if (this.#layout.slotOf(place) < 0 && !isNarrow(value)) {
      noteWidth(series, value);
      const was = this.#layout;
      this.#layout = Layout.of(was.list);
      this.#arrange(was, was.width);
    }
    const slot = this.#layout.slotOf(place);
    this.#cells.of(slot)[this.#cells.base(slot) + this.#head] = value;
  }

  /** Moves the first `count` series from where they stood to where the layout in force wants them, with some room more. */
  #arrange(was: Layout, count: number): void {
    const { wides, width } = this.#layout;
    const spare = width - count;
    const narrows = width - wides;
    const cells = new Cells(this.#slabs, this.rows, wides + (spare && wides >> 2), narrows + (spare && narrows >> 2));
    cells.copyTimes(this.#cells);
    for (let place = 0; place < count; place++)
      cells.copySeries(this.#cells, was.slotOf(place), this.#layout.slotOf(place));
    this.#cells.release();
    this.#cells = cells;
  }

  /** Not every series has a value in each row. */
  #tell(): void {
    this.#states = this.#states.told(this.width, this.#head, this.#filled);
  }

  /** Moves these series together, in their order, and forgets the others. */
  #keep(places: readonly number[]): void {
    const [was, from] = [this.#layout, this.#cells];
    this.#layout = Layout.of(places.flatMap((place) => was.list[place] ?? []));
    this.#cells = new Cells(this.#slabs, this.rows, this.#layout.wides, places.length - this.#layout.wides);
    this.#cells.copyTimes(from);
    places.forEach((place, to) => this.#cells.copySeries(from, was.slotOf(place), this.#layout.slotOf(to)));
    from.release();
    this.#states = this.#states.of(places);
    this.#stamps = this.#stamps?.keep(places) ?? null;
  }

  /** Notes when the sample was taken; false: it is not newer than the last one of this series. */
  #stamp(place: number, ownMs: number | null): boolean {
    const known = this.#stamps?.of(place);
    if (!known && ownMs === null) return true;
    const own = known ?? this.#beginStamps(place);
    const before = own[this.#head] ?? -Infinity;
    const sampledAt = ownMs ?? this.timeAt(0);
    own[this.#head] = Math.max(sampledAt, before);
    return sampledAt > before;
  }

  /** Its samples until now were taken when their pages were read. */
  #beginStamps(place: number): Float64Array {
    const own = (this.#stamps ??= new Stamps(this.rows)).begin(place);
    let last = -Infinity;
    for (let age = this.#count - 1; age >= 1; age--) {
      if (this.cellAt(place, age) !== cell.absent) last = this.timeAt(age);
      own[this.#row(age)] = last;
    }
    own[this.#head] = last;
    return own;
  }
}
