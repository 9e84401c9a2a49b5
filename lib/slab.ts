/**
 * Room for the numbers of many owners, in few large arrays. An array of its own costs each a quarter of a KB beside its
 * numbers, and arrays that come and go in many sizes leave holes between those that stay.
 */

const sheetBytes = 32 * 1024;
const doubleBytes = 8;

/** A piece of room, for as long as its owner does not give it back. */
export type Piece = number;

/** Some pieces side by side, twice: what is written as doubles can be read as whole numbers. */
export interface Sheet {
  readonly doubles: Float64Array;
  readonly ints: Int32Array;
}

const none = -1;

/** A sheet, and which pieces of it are free: each of them says in its first whole number which one is next. */
class Ledger implements Sheet {
  readonly doubles: Float64Array;
  readonly ints: Int32Array;
  #free = none;
  /** From here on none was ever taken. */
  #fresh = 0;
  #taken = 0;

  constructor(
    /** Its place among the sheets of its slab. */
    readonly nth: number,
    private readonly size: number,
    private readonly pieces: number,
  ) {
    const buffer = new ArrayBuffer(size * pieces * doubleBytes);
    this.doubles = new Float64Array(buffer);
    this.ints = new Int32Array(buffer);
  }

  get isFull(): boolean {
    return this.#taken === this.pieces;
  }

  get isEmpty(): boolean {
    return this.#taken === 0;
  }

  /** Only where it is not full. */
  take(): number {
    this.#taken++;
    if (this.#free === none) return this.#fresh++;
    const piece = this.#free;
    const from = piece * this.size;
    this.#free = this.ints[2 * from] ?? none;
    this.doubles.fill(0, from, from + this.size);
    return piece;
  }

  give(piece: number): void {
    this.#taken--;
    this.ints[2 * piece * this.size] = this.#free;
    this.#free = piece;
  }
}

/** Pieces of one size. A sheet of which nobody has a piece any more is given up. */
export class Slab {
  readonly #sheets: (Ledger | null)[] = [];
  /** Those with room. */
  readonly #roomy: Ledger[] = [];
  /** Pieces of a sheet. */
  readonly #pieces: number;

  /** `size`: of a piece, in doubles. */
  constructor(readonly size: number) {
    this.#pieces = Math.max(1, Math.floor(sheetBytes / doubleBytes / size));
  }

  /** All of it is zero. */
  take(): Piece {
    const sheet = this.#roomy.at(-1) ?? this.#more();
    const nth = sheet.take();
    if (sheet.isFull) this.#roomy.pop();
    return sheet.nth * this.#pieces + nth;
  }

  /** Once, and by whoever took it: from now on it is somebody else's. */
  give(piece: Piece): void {
    const sheet = this.#sheetOf(piece);
    if (sheet.isFull) this.#roomy.push(sheet);
    sheet.give(piece % this.#pieces);
    if (sheet.isEmpty && this.#roomy.length > 1) this.#giveUp(sheet);
  }

  sheet(piece: Piece): Sheet {
    return this.#sheetOf(piece);
  }

  /** Where it begins among the doubles of its sheet; among the whole numbers it is twice as far. */
  from(piece: Piece): number {
    return (piece % this.#pieces) * this.size;
  }

  /** Sheets held, for tests. */
  get sheets(): number {
    return this.#sheets.filter((sheet) => sheet !== null).length;
  }

  #sheetOf(piece: Piece): Ledger {
    const sheet = this.#sheets[Math.floor(piece / this.#pieces)];
    if (!sheet) throw new RangeError(`nobody has piece ${piece}`);
    return sheet;
  }

  #more(): Ledger {
    const vacant = this.#sheets.indexOf(null);
    const sheet = new Ledger(vacant < 0 ? this.#sheets.length : vacant, this.size, this.#pieces);
    this.#sheets[sheet.nth] = sheet;
    this.#roomy.push(sheet);
    return sheet;
  }

  #giveUp(sheet: Ledger): void {
    this.#sheets[sheet.nth] = null;
    this.#roomy.splice(this.#roomy.indexOf(sheet), 1);
  }
}

/** Sizes that differ by less share a slab. */
const step = 8;

/** Slabs of all sizes. */
export class Slabs {
  readonly #bySize: (Slab | undefined)[] = [];

  /** Of pieces with at least so many doubles. */
  of(doubles: number): Slab {
    const nth = Math.ceil(doubles / step);
    return (this.#bySize[nth] ??= new Slab(Math.max(1, nth) * step));
  }
}
