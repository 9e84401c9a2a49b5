import type { Judged } from './point.js';
import type { Row } from './row.js';

/** One evaluation on its way to the log. Its cells are to be read before another row is added. */
export interface LogEntry {
  readonly judged: Judged;
  readonly row: Row;
}

/** Of a row beside its cells: how many these are, and its time. */
const heads = 2;
const firstRoom = 1_024;
/** Less room than for so many numbers is never given up: some thousands of rows with eight metrics. */
const keptRoom = 128 * 1_024;

/**
 * What waits for the log, oldest first: some thousands of evaluations by the time of the next flush. All stand in one array:
 * each on its own, living for a second, would be moved to the old heap, and leave a hole there.
 */
export class LogRows {
  #judged: Judged[] = [];
  /** Of each row its heads, then its cells. */
  #numbers = new Float64Array(firstRoom);
  #used = 0;

  get length(): number {
    return this.#judged.length;
  }

  add(judged: Judged, { at, cells, count }: Row): void {
    const until = this.#used + heads + count;
    if (until > this.#numbers.length) this.#resize(2 * until);
    const numbers = this.#numbers;
    numbers[this.#used++] = count;
    numbers[this.#used++] = at;
    for (let nth = 0; nth < count; nth++) numbers[this.#used++] = cells[nth] ?? NaN;
    this.#judged.push(judged);
  }

  *entries(): Generator<LogEntry, undefined> {
    let from = 0;
    for (const judged of this.#judged) {
      const row = this.#rowAt(from);
      from += heads + row.count;
      yield { judged, row };
    }
  }

  /** Forgets the first `count`. */
  drop(count: number): void {
    let from = 0;
    for (let nth = 0; nth < count; nth++) from += heads + (this.#numbers[from] ?? 0);
    this.#numbers.copyWithin(0, from, this.#used);
    this.#used -= from;
    this.#judged = this.#judged.slice(count);
    // The disk was away for long, and is back.
    if (this.#used < keptRoom && this.#numbers.length > 4 * keptRoom) this.#resize(keptRoom);
  }

  #rowAt(from: number): Row {
    const [count = 0, at = NaN] = this.#numbers.subarray(from, from + heads);
    return { at, cells: this.#numbers.subarray(from + heads, from + heads + count), count };
  }

  #resize(room: number): void {
    const numbers = new Float64Array(room);
    numbers.set(this.#numbers.subarray(0, this.#used));
    this.#numbers = numbers;
  }
}
