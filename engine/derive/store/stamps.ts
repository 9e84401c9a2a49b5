/** Older than any sample. */
const never = -Infinity;

/** The times of the samples of those few series of a block that bring them: a ring of rows for each. */
export class Stamps {
  readonly #rows: number;
  readonly #own = new Map<number, Float64Array>();

  constructor(rows: number) {
    this.#rows = rows;
  }

  /** A row begins: until a sample comes, the last one is that of the row before. */
  open(row: number, before: number): void {
    for (const own of this.#own.values()) own[row] = own[before] ?? never;
  }

  /** By row; undefined: the series brings none. */
  of(place: number): Float64Array | undefined {
    return this.#own.get(place);
  }

  /** For a series that brings a time for the first time: in each row the time of its last sample until then. */
  begin(place: number): Float64Array {
    const own = new Float64Array(this.#rows).fill(never);
    this.#own.set(place, own);
    return own;
  }

  /** Those of these places, moved together; null: there are none. */
  keep(places: readonly number[]): Stamps | null {
    const kept = new Stamps(this.#rows);
    for (const [to, from] of places.entries()) {
      const own = this.#own.get(from);
      if (own) kept.#own.set(to, own);
    }
    return kept.#own.size > 0 ? kept : null;
  }
}
