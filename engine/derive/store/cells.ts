/**
 * The numbers of a block, a row for each page read. Most of what services count is whole and fits into 32 bits: a series that
 * never showed anything else takes half as much, and gives the same numbers back.
 */
import type { Piece, Slab, Slabs } from '../../../lib/slab.js';
import type { Series } from './interning.js';

/** Exactly what 32 bits hold; the zero below zero is another number. */
export const isNarrow = (value: number): boolean => (value | 0) === value && (value !== 0 || 1 / value > 0);

const wide = new WeakSet<Series>();

/** Some instance has shown a value of it that is not narrow: instances that show it later are likely to do so too. */
export const isWide = (series: Series): boolean => wide.has(series);
export const noteWidth = (series: Series, value: number): void => {
  if (!isNarrow(value)) wide.add(series);
};

/** Where the numbers of a series stand: from 0 on among the wide ones, from -1 down among the narrow ones. */
export type Slot = number;
export const narrowSlot = (nth: number): Slot => ~nth;

/**
 * The time of each row, then the values of one wide series after another, then those of the narrow ones: `rows` numbers each.
 * They stand in one piece of a slab that the blocks of all instances share.
 */
export class Cells {
  /** The sheet with the piece. */
  readonly wide: Float64Array;
  readonly narrow: Int32Array;
  readonly #slab: Slab;
  readonly #piece: Piece;
  /** Where the piece begins among the wide ones, and its narrow series among the narrow ones. */
  readonly #from: number;
  readonly #narrowFrom: number;

  constructor(
    slabs: Slabs,
    readonly rows: number,
    readonly wides: number,
    readonly narrows: number,
  ) {
    const doubles = rows * (wides + 1);
    this.#slab = slabs.of(doubles + Math.ceil((rows * narrows) / 2));
    this.#piece = this.#slab.take();
    const { doubles: wide, ints } = this.#slab.sheet(this.#piece);
    this.wide = wide;
    this.narrow = ints;
    this.#from = this.#slab.from(this.#piece);
    this.#narrowFrom = 2 * (this.#from + doubles);
  }

  /** Gives the piece back: what stands there may be another's from now on. */
  release(): void {
    this.#slab.give(this.#piece);
  }

  hasRoom(slot: Slot): boolean {
    return slot < 0 ? ~slot < this.narrows : slot < this.wides;
  }

  /** Where the times of the rows begin among the wide ones. */
  get times(): number {
    return this.#from;
  }

  /** The array that a series stands in. */
  of(slot: Slot): Float64Array | Int32Array {
    return slot < 0 ? this.narrow : this.wide;
  }

  /** Where its numbers begin there. */
  base(slot: Slot): number {
    return slot < 0 ? this.#narrowFrom + this.rows * ~slot : this.#from + this.rows * (slot + 1);
  }

  at(slot: Slot, row: number): number {
    return this.of(slot)[this.base(slot) + row] ?? NaN;
  }

  copyTimes(from: Cells): void {
    this.wide.set(from.wide.subarray(from.times, from.times + this.rows), this.times);
  }

  /** All rows of a series that stood in `from`; what was wide there is wide here. */
  copySeries(from: Cells, was: Slot, slot: Slot): void {
    const base = from.base(was);
    this.of(slot).set(from.of(was).subarray(base, base + this.rows), this.base(slot));
  }
}
