import type { Series } from './interning.js';

/** `kept`: the page repeats a sample that it has given before (its own timestamp did not move): no new sample, and no end. */
export const cell = { absent: 0, value: 1, kept: 2 } as const;

/** The row of each age: 0 is the newest. */
export type Age = number;

/**
 * The last samples of some series of one page, as a ring of rows, a row for each page read. All series of a page were scraped
 * at once: the time stands once per row, and a cell without a value says that the series had vanished. 9 bytes a sample.
 */
export class Block {
  readonly rows: number;
  readonly #times: Float64Array;
  /** 1: no failed scrape lies between this row and the one before. */
  readonly #follows: Uint8Array;
  #values: Float64Array;
  #cells: Uint8Array;
  #series: (Series | undefined)[] = [];
  readonly #free: number[] = [];
  /** Own timestamps, for the few series that bring them. */
  #own: Map<number, Float64Array> | null = null;
  #head = -1;
  #count = 0;
  #cursor = 0;

  constructor(rows: number, capacity: number) {
    this.rows = rows;
    this.#times = new Float64Array(rows);
    this.#follows = new Uint8Array(rows);
    this.#values = new Float64Array(rows * capacity);
    this.#cells = new Uint8Array(rows * capacity);
  }

  /** Rows held. */
  get count(): number {
    return this.#count;
  }

  /** Places for series; some may be empty. */
  get width(): number {
    return this.#series.length;
  }

  /** Opens the next row; every series counts as vanished until `put` says otherwise. */
  begin(atMs: number, follows: boolean): void {
    const before = this.#head;
    this.#head = (before + 1) % this.rows;
    this.#count = Math.min(this.#count + 1, this.rows);
    this.#times[this.#head] = atMs;
    this.#follows[this.#head] = follows ? 1 : 0;
    for (let place = 0; place < this.#series.length; place++) this.#cells[place * this.rows + this.#head] = cell.absent;
    for (const own of this.#own?.values() ?? []) own[this.#head] = own[before] ?? -Infinity;
    this.#cursor = 0;
  }

  /** The first value of a series in a row counts. */
  put(series: Series, value: number, ownMs: number | null): void {
    const place = this.#place(series);
    const at = place * this.rows + this.#head;
    if (this.#cells[at] !== cell.absent) return;
    this.#cells[at] = this.#stamp(place, ownMs) ? cell.value : cell.kept;
    this.#values[at] = value;
  }

  /** Gives up places whose series has left the window. */
  end(): void {
    for (let place = 0; place < this.#series.length; place++)
      if (this.#series[place] !== undefined && this.#isEmpty(place)) {
        this.#series[place] = undefined;
        this.#own?.delete(place);
        this.#free.push(place);
      }
  }

  seriesAt(place: number): Series | undefined {
    return this.#series[place];
  }

  timeAt(age: Age): number {
    return this.#times[this.#slot(age)] ?? NaN;
  }

  followsAt(age: Age): boolean {
    return this.#follows[this.#slot(age)] === 1;
  }

  cellAt(place: number, age: Age): number {
    return this.#cells[place * this.rows + this.#slot(age)] ?? cell.absent;
  }

  valueAt(place: number, age: Age): number {
    return this.#values[place * this.rows + this.#slot(age)] ?? NaN;
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

  #slot(age: Age): number {
    return (this.#head - age + this.rows) % this.rows;
  }

  #isEmpty(place: number): boolean {
    for (let age = 0; age < this.#count; age++) if (this.cellAt(place, age) !== cell.absent) return false;
    return true;
  }

  /** A page lists its series in the same order each time: look at the next place first. */
  #place(series: Series): number {
    if (this.#series[this.#cursor] !== series) {
      const found = this.#series.indexOf(series);
      this.#cursor = found < 0 ? this.#add(series) : found;
    }
    return this.#cursor++;
  }

  #add(series: Series): number {
    const place = this.#free.pop() ?? this.#series.length;
    if ((place + 1) * this.rows > this.#values.length) this.#grow(place + 1 + (place >> 2));
    this.#series[place] = series;
    this.#cells.fill(cell.absent, place * this.rows, (place + 1) * this.rows);
    return place;
  }

  #grow(capacity: number): void {
    const values = new Float64Array(capacity * this.rows);
    const cells = new Uint8Array(capacity * this.rows);
    values.set(this.#values);
    cells.set(this.#cells);
    this.#values = values;
    this.#cells = cells;
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
