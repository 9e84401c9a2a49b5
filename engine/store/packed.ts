import type { Point } from './point.js';
import { pointOfRow, type Row } from './row.js';

const none: readonly number[] = [];

/** Rows that room is made for at a time. */
const growth = 8;

/**
 * Points in memory, by columns: one that has not changed yet is one number. Of an instance that is well most are so, and five
 * minutes of it take 4 KB instead of the 30 KB that as many objects take (eight metrics, 5 s). All numbers share one array,
 * as each array of its own costs a quarter of a KB: the first point, then the times, then the columns that have changed.
 */
export class PackedPoints {
  readonly #width: number;
  /** Places of the columns that have changed, in the order in which they stand after the times. */
  #varying: readonly number[] = none;
  #rows = 0;
  #room = growth;
  #cells: Float64Array;

  constructor(first: Row) {
    this.#width = first.count;
    this.#cells = new Float64Array(first.count + growth);
    for (let place = 0; place < first.count; place++) this.#cells[place] = first.cells[place] ?? NaN;
    this.push(first);
  }

  get firstAt(): number {
    return this.#cells[this.#width] ?? NaN;
  }

  get lastAt(): number {
    return this.#cells[this.#width + this.#rows - 1] ?? NaN;
  }

  push(point: Row): void {
    const changed = this.#newlyChanged(point);
    if (this.#rows === this.#room || changed.length > 0) this.#grow(changed);
    let cell = this.#width + this.#rows++;
    this.#cells[cell] = point.at;
    for (const place of this.#varying) this.#cells[(cell += this.#room)] = point.cells[place] ?? NaN;
  }

  unpack(): Point[] {
    const points: Point[] = [];
    const cells = this.#cells.slice(0, this.#width);
    for (let row = 0; row < this.#rows; row++) {
      this.#varying.forEach((place, nth) => (cells[place] = this.#cells[this.#at(nth + 1, row)] ?? NaN));
      points.push(pointOfRow({ at: this.#cells[this.#at(0, row)] ?? NaN, cells, count: this.#width }));
    }
    return points;
  }

  /** Where a cell of a column stands; the times are column 0. */
  #at(column: number, row: number): number {
    return this.#width + column * this.#room + row;
  }

  /** Columns that were constant until now. */
  #newlyChanged({ cells, count }: Row): readonly number[] {
    let changed: number[] | null = null;
    for (let place = 0; place < count; place++) {
      if (Object.is(cells[place], this.#cells[place]) || this.#varying.includes(place)) continue;
      (changed ??= []).push(place);
    }
    return changed ?? none;
  }

  /** Makes room for a row, and for columns that were constant until now. */
  #grow(changed: readonly number[]): void {
    const room = this.#rows === this.#room ? this.#room + growth : this.#room;
    const varying = changed.length === 0 ? this.#varying : [...this.#varying, ...changed];
    const cells = new Float64Array(this.#width + (varying.length + 1) * room);
    cells.set(this.#cells.subarray(0, this.#width));
    for (let nth = 0; nth <= this.#varying.length; nth++)
      cells.set(this.#cells.subarray(this.#at(nth, 0), this.#at(nth, this.#rows)), this.#width + nth * room);
    changed.forEach((place, nth) => {
      const from = this.#width + (this.#varying.length + 1 + nth) * room;
      cells.fill(this.#cells[place] ?? NaN, from, from + this.#rows);
    });
    this.#room = room;
    this.#varying = varying;
    this.#cells = cells;
  }
}
