/** `kept`: the page repeats a sample that it has given before (its own timestamp did not move): no new sample, and no end. */
export const cell = { absent: 0, value: 1, kept: 2 } as const;

/** What each cell of a block is. Nothing is written down as long as each series has a value in each row, as on most pages. */
export class States {
  static readonly #same = new Map<number, States>();

  /** The rows of one series after another. */
  #cells: Uint8Array | null = null;

  private constructor(readonly rows: number) {}

  /** All have a value: the same for all blocks of so many rows, until one of them is {@link told} otherwise. */
  static same(rows: number): States {
    let same = States.#same.get(rows);
    if (!same) States.#same.set(rows, (same = new States(rows)));
    return same;
  }

  /** Cells differ: what is put in a row is written down. */
  get differ(): boolean {
    return this.#cells !== null;
  }

  /** A row in which nobody was put yet. */
  open(row: number): void {
    if (this.#cells) for (let at = row; at < this.#cells.length; at += this.rows) this.#cells[at] = cell.absent;
  }

  at(place: number, row: number): number {
    return this.#cells === null ? cell.value : (this.#cells[place * this.rows + row] ?? cell.absent);
  }

  /** Only where they {@link differ}. */
  set(place: number, row: number, state: number): void {
    if (this.#cells) this.#cells[place * this.rows + row] = state;
  }

  /** Those that differ from now on: until now all had a value, but in this row only the first `filled` of so many series. */
  told(series: number, row: number, filled: number): States {
    if (this.#cells !== null) return this;
    const { rows } = this;
    const cells = new Uint8Array(rows * series).fill(cell.value);
    for (let place = filled; place < series; place++) cells[place * rows + row] = cell.absent;
    const told = new States(rows);
    told.#cells = cells;
    return told;
  }

  /** One series more, which was in no row before. */
  add(series: number): void {
    if (this.#cells === null || this.#cells.length >= this.rows * series) return;
    const cells = new Uint8Array(this.rows * (series + (series >> 2)));
    cells.set(this.#cells);
    this.#cells = cells;
  }

  /** Those of these places, moved together. */
  of(places: readonly number[]): States {
    if (this.#cells === null) return this;
    const { rows } = this;
    const states = new States(rows);
    states.#cells = new Uint8Array(rows * places.length);
    for (const [to, from] of places.entries())
      states.#cells.set(this.#cells.subarray(from * rows, (from + 1) * rows), to * rows);
    return states;
  }
}
