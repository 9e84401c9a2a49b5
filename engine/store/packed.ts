import { levels, statusCodes, statusOf, ups, zones } from './codec.js';
import type { Point, PointMetric } from './point.js';

/** Numbers of a point beside its metrics: zone and up in one, raw, smoothed, and a score per level. */
const heads = 3 + levels.length;
/** Numbers of a metric: status, value, penalty. */
const each = 3;

const numberOf = (value: number | null): number => value ?? Number.NaN;
const valueOf = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

/** Grows as needed, is never handed out for keeping: one for all, as each evaluation comes by here. */
let scratch = new Float64Array(heads + 16 * each);

/** The points of a chunk share its metrics; NaN stands for "not there". Written to the scratch space; how many. */
const numbersOf = ({ zone, up, raw, smoothed, levels: { app, system, gateway }, metrics }: Point): number => {
  const count = heads + each * metrics.length;
  if (scratch.length < count) scratch = new Float64Array(count);
  scratch[0] = zones.indexOf(zone) * ups.length + ups.indexOf(up);
  scratch[1] = numberOf(raw);
  scratch[2] = numberOf(smoothed);
  scratch[3] = numberOf(app);
  scratch[4] = numberOf(system);
  scratch[5] = numberOf(gateway);
  let at = heads;
  for (const { status, value, penalty } of metrics) {
    scratch[at++] = statusCodes[status];
    scratch[at++] = numberOf(value);
    scratch[at++] = numberOf(penalty);
  }
  return count;
};

const pointOf = (at: number, numbers: readonly number[]): Point => {
  const [state = 0, raw, smoothed, app, system, gateway] = numbers;
  const metrics: PointMetric[] = [];
  for (let i = heads; i < numbers.length; i += each)
    metrics.push({
      status: statusOf(numbers[i] ?? NaN),
      value: valueOf(numbers[i + 1]),
      penalty: valueOf(numbers[i + 2]),
    });
  return {
    at,
    zone: zones[Math.floor(state / ups.length)] ?? 'unknown',
    up: ups[state % ups.length] ?? 'unknown',
    raw: valueOf(raw),
    smoothed: valueOf(smoothed),
    levels: { app: valueOf(app), system: valueOf(system), gateway: valueOf(gateway) },
    metrics,
  };
};

const none: readonly number[] = [];

/** Rows that room is made for at a time. */
const growth = 8;

/**
 * Points in memory, by columns: one that has not changed yet is one number. Of an instance that is well most are so, and five
 * minutes of it take 4 KB instead of the 30 KB that as many objects take (eight metrics, 5 s). All columns that have
 * changed, and the times before them, share one array, as each array of its own costs a quarter of a KB.
 */
export class PackedPoints {
  readonly #first: Float64Array;
  /** Places of the columns that have changed, in the order in which they stand after the times. */
  #varying: readonly number[] = [];
  #rows = 0;
  #room = growth;
  #cells = new Float64Array(growth);

  constructor(first: Point) {
    this.#first = scratch.slice(0, numbersOf(first));
    this.push(first);
  }

  get firstAt(): number {
    return this.#cells[0] ?? NaN;
  }

  get lastAt(): number {
    return this.#cells[this.#rows - 1] ?? NaN;
  }

  push(point: Point): void {
    const changed = this.#newlyChanged(numbersOf(point));
    if (this.#rows === this.#room || changed.length > 0) this.#grow(changed);
    const row = this.#rows++;
    this.#cells[row] = point.at;
    let cell = row;
    for (const place of this.#varying) this.#cells[(cell += this.#room)] = scratch[place] ?? NaN;
  }

  /** Columns of the scratch space that were constant until now. */
  #newlyChanged(count: number): readonly number[] {
    let changed: number[] | null = null;
    for (let place = 0; place < count; place++) {
      if (Object.is(scratch[place], this.#first[place]) || this.#varying.includes(place)) continue;
      (changed ??= []).push(place);
    }
    return changed ?? none;
  }

  unpack(): Point[] {
    const points: Point[] = [];
    for (let row = 0; row < this.#rows; row++) {
      const numbers = Array.from(this.#first);
      this.#varying.forEach((place, nth) => (numbers[place] = this.#cells[(nth + 1) * this.#room + row] ?? NaN));
      points.push(pointOf(this.#cells[row] ?? NaN, numbers));
    }
    return points;
  }

  /** Makes room for a row, and for columns that were constant until now. */
  #grow(changed: readonly number[]): void {
    const room = this.#rows === this.#room ? this.#room + growth : this.#room;
    const varying = [...this.#varying, ...changed];
    const cells = new Float64Array((varying.length + 1) * room);
    for (let nth = 0; nth <= this.#varying.length; nth++)
      cells.set(this.#cells.subarray(nth * this.#room, nth * this.#room + this.#rows), nth * room);
    changed.forEach((place, nth) => {
      const from = (this.#varying.length + 1 + nth) * room;
      cells.fill(this.#first[place] ?? NaN, from, from + this.#rows);
    });
    this.#room = room;
    this.#varying = varying;
    this.#cells = cells;
  }
}
