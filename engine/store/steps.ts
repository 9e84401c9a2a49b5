/** Rows of a table of aggregates by coarser steps: columns come in, one number for each step comes out. Pure. */
import type { Rows } from './columns.js';
import { stepOf, type Spread } from './spread.js';

type Column = ArrayLike<number>;

/** NaN stands for "not there". Each row counts as often as it has evaluations. */
export class Steps {
  /** Rows of the table in all, and those that are read. */
  readonly count: number;
  readonly rows: Rows;
  /** Time of the first row of each step. */
  readonly starts: readonly number[];
  readonly evaluations: readonly number[];
  /** The row, of those read, that each step begins with; and the end of the last one. */
  readonly #bounds: readonly number[];
  readonly #weights: Column;
  readonly #isEachAlone: boolean;

  /** `stepMs` 0: each row is a step of its own. `weights`: evaluations of each row that is read. */
  constructor(times: readonly number[], rows: Rows, stepMs: number, weights: readonly number[]) {
    this.count = times.length;
    this.rows = rows;
    const read = times.slice(rows.from, rows.to);
    const begins = read.flatMap((time, i) => {
      const before = read[i - 1];
      const isSame = before !== undefined && stepMs > 0 && stepOf(before, stepMs) === stepOf(time, stepMs);
      return isSame ? [] : [i];
    });
    this.#bounds = [...begins, read.length];
    this.#weights = weights;
    this.#isEachAlone = begins.length === read.length;
    this.starts = begins.map((i) => read[i] ?? 0);
    this.evaluations = this.sums(weights);
  }

  sums(column: readonly number[]): readonly number[] {
    if (this.#isEachAlone) return column;
    return this.#each((from, to) => {
      let sum = 0;
      for (let i = from; i < to; i += 1) sum += column[i] ?? 0;
      return sum;
    });
  }

  means(column: Column): (number | null)[] {
    return this.#each((from, to) => {
      let [sum, count] = [0, 0];
      for (let i = from; i < to; i += 1) {
        const value = column[i] ?? NaN;
        if (Number.isNaN(value)) continue;
        sum += value * (this.#weights[i] ?? 0);
        count += this.#weights[i] ?? 0;
      }
      return count === 0 ? null : sum / count;
    });
  }

  spreads(least: Column, mean: Column, largest: Column): (Spread | null)[] {
    return this.#each((from, to) => {
      let [min, max, sum, count] = [Infinity, -Infinity, 0, 0];
      for (let i = from; i < to; i += 1) {
        const value = mean[i] ?? NaN;
        if (Number.isNaN(value)) continue;
        min = Math.min(min, least[i] ?? NaN);
        max = Math.max(max, largest[i] ?? NaN);
        sum += value * (this.#weights[i] ?? 0);
        count += this.#weights[i] ?? 0;
      }
      // Of equal numbers the mean is that number, whatever the sum's last digit says.
      return count === 0 ? null : { min, mean: min === max ? min : sum / count, max };
    });
  }

  /** The code of most evaluations; of as many, the one that comes first. */
  mostOften(codes: readonly number[]): readonly number[] {
    if (this.#isEachAlone) return codes;
    return this.#each((from, to) => {
      const counts = new Map<number, number>();
      for (let i = from; i < to; i += 1)
        counts.set(codes[i] ?? 0, (counts.get(codes[i] ?? 0) ?? 0) + (this.#weights[i] ?? 0));
      let [most, code] = [-1, 0];
      for (const [each, count] of counts) if (count > most) [most, code] = [count, each];
      return code;
    });
  }

  #each<T>(of: (from: number, to: number) => T): T[] {
    const results: T[] = [];
    for (let step = 0; step + 1 < this.#bounds.length; step += 1)
      results.push(of(this.#bounds[step] ?? 0, this.#bounds[step + 1] ?? 0));
    return results;
  }
}
