import type { Piece, Slab } from '../../lib/slab.js';

/** Numbers of a piece, in the place of the first of which stands which piece is next. */
export const linkSize = 32;
const perLink = linkSize - 1;

/** A list of numbers that grows at its end, in pieces of a slab that many lists share: nothing is moved as it grows. */
export class Chain {
  readonly #slab: Slab;
  #first: Piece = 0;
  #last: Piece = 0;
  #length = 0;

  /** In a slab of {@link linkSize}. */
  constructor(slab: Slab) {
    this.#slab = slab;
  }

  push(value: number): void {
    const place = this.#length % perLink;
    if (place === 0) this.#lengthen();
    this.#slab.sheet(this.#last).doubles[this.#slab.from(this.#last) + 1 + place] = value;
    this.#length++;
  }

  /** A copy of all. */
  read(): Float64Array {
    const all = new Float64Array(this.#length);
    let piece = this.#first;
    for (let at = 0; at < this.#length; at += perLink) {
      const { doubles, ints } = this.#slab.sheet(piece);
      const from = this.#slab.from(piece);
      all.set(doubles.subarray(from + 1, from + 1 + Math.min(perLink, this.#length - at)), at);
      piece = ints[2 * from] ?? 0;
    }
    return all;
  }

  /** Gives all of it back. */
  clear(): void {
    let piece = this.#first;
    for (let at = 0; at < this.#length; at += perLink) {
      const next = this.#slab.sheet(piece).ints[2 * this.#slab.from(piece)] ?? 0;
      this.#slab.give(piece);
      piece = next;
    }
    this.#length = 0;
  }

  #lengthen(): void {
    const piece = this.#slab.take();
    if (this.#length === 0) this.#first = piece;
    else this.#slab.sheet(this.#last).ints[2 * this.#slab.from(this.#last)] = piece;
    this.#last = piece;
  }
}
