import { Slab, Slabs, type Piece } from '../../lib/slab.js';
import { Chain, linkSize } from './chain.js';
import type { Point } from './point.js';
import { pointOfRow, type Row } from './row.js';

/** Before the numbers of the last row: the times of the first and of the last one. */
const times = 2;
/** Columns that one number says of whether they changed. */
const perMask = 32;

/** Where the points of all open chunks stand. */
export class PointRoom {
  readonly links = new Slab(linkSize);
  readonly #rows = new Slabs();

  /** For the last row of so many columns. */
  rows(width: number): Slab {
    return this.#rows.of(times + width);
  }
}

/**
 * Points in memory: of each its time, which columns are not as they were before, and what these show now. Of an instance that
 * is well most columns never change, and five minutes of it take 3 KB instead of the 30 KB that as many objects take (eight
 * metrics, 5 s). The numbers of all instances stand in few large arrays, as each array of its own costs a quarter of a KB.
 */
export class PackedPoints {
  readonly #width: number;
  readonly #chain: Chain;
  readonly #slab: Slab;
  /** The last row; NaN is what came before the first. */
  readonly #row: Piece;
  /** All of it, once nothing is added any more. */
  #sealed: Float64Array | null = null;

  constructor(room: PointRoom, first: Row) {
    this.#width = first.count;
    this.#chain = new Chain(room.links);
    this.#slab = room.rows(first.count);
    this.#row = this.#slab.take();
    const { doubles } = this.#slab.sheet(this.#row);
    const from = this.#slab.from(this.#row);
    doubles[from] = first.at;
    doubles.fill(NaN, from + times, from + times + first.count);
    this.push(first);
  }

  get firstAt(): number {
    return this.#sealed?.[0] ?? this.#time(0);
  }

  get lastAt(): number {
    return this.#sealed ? (this.unpack().at(-1)?.at ?? NaN) : this.#time(1);
  }

  /** Until it is sealed. */
  push({ at, cells }: Row): void {
    if (this.#sealed) throw new Error('points are added to a chunk that is closed');
    const { doubles } = this.#slab.sheet(this.#row);
    const from = this.#slab.from(this.#row);
    doubles[from + 1] = at;
    this.#chain.push(at);
    for (let first = 0; first < this.#width; first += perMask) {
      const until = Math.min(first + perMask, this.#width);
      const mask = changesIn(doubles, from + times, cells, first, until);
      this.#chain.push(mask);
      if (mask === 0) continue;
      for (let place = first; place < until; place++) {
        if ((mask & (1 << (place - first))) === 0) continue;
        const value = cells[place] ?? NaN;
        doubles[from + times + place] = value;
        this.#chain.push(value);
      }
    }
  }

  unpack(): Point[] {
    const all = this.#sealed ?? this.#chain.read();
    const points: Point[] = [];
    const cells = new Float64Array(this.#width).fill(NaN);
    for (let at = 0; at < all.length;) {
      const time = all[at++] ?? NaN;
      for (let first = 0; first < this.#width; first += perMask) {
        const mask = all[at++] ?? 0;
        for (let place = first; place < Math.min(first + perMask, this.#width); place++)
          if ((mask & (1 << (place - first))) !== 0) cells[place] = all[at++] ?? NaN;
      }
      points.push(pointOfRow({ at: time, cells, count: this.#width }));
    }
    return points;
  }

  /** Nothing more will be added: what it takes of the room is given back. */
  seal(): void {
    if (this.#sealed) return;
    const sealed = this.#chain.read();
    this.#chain.clear();
    this.#slab.give(this.#row);
    this.#sealed = sealed;
  }

  #time(nth: number): number {
    return this.#slab.sheet(this.#row).doubles[this.#slab.from(this.#row) + nth] ?? NaN;
  }
}

/** Which of the columns from `first` on show something else: a bit for each. */
const changesIn = (before: Float64Array, from: number, cells: Float64Array, first: number, until: number): number => {
  let mask = 0;
  for (let place = first; place < until; place++)
    if (!Object.is(cells[place], before[from + place])) mask |= 1 << (place - first);
  return mask;
};
