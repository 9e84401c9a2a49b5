/** The coarser tiers of history: of every instance a row of minutes for each hour, and a row of hours for each day. */
import type { Database } from 'better-sqlite3';
import { allMetrics, rowsWithin, type Wanted } from './codec.js';
import { decodeAggregates, encodeAggregates } from './spread-codec.js';
import type { AggregateRun } from './spread.js';
import type { Judged } from './point.js';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export type TierName = 'minute' | 'hour';

interface RunRow {
  readonly start: number;
  readonly policy: string;
  readonly metrics: string;
  readonly body: Buffer;
}

const prepareAll = (database: Database, table: 'minutes' | 'hours') => ({
  put: database.prepare<[number, number, number, Buffer]>(
    `INSERT OR REPLACE INTO ${table} (series, start, layout, body) VALUES (?, ?, ?, ?)`,
  ),
  read: database.prepare<[number, number, number], RunRow>(
    `SELECT start, policy, metrics, body FROM ${table} JOIN layouts ON layouts.id = ${table}.layout
      WHERE series = ? AND start >= ? AND start < ? ORDER BY start, ${table}.id`,
  ),
  first: database.prepare<[number], { start: number | null }>(
    `SELECT min(start) AS start FROM ${table} WHERE series = ?`,
  ),
  oldest: database.prepare<[], { start: number }>(`SELECT start FROM ${table} ORDER BY id LIMIT 1`),
  // Rows are written in the order of their time, so the oldest are the first.
  drop: database.prepare<[number, number]>(
    `DELETE FROM ${table} WHERE id IN (SELECT id FROM (SELECT id, start FROM ${table} ORDER BY id LIMIT ?) WHERE start < ?)`,
  ),
  until: database.prepare<[string], { until: number }>('SELECT until FROM progress WHERE tier = ?'),
  advance: database.prepare<[string, number]>('INSERT OR REPLACE INTO progress (tier, until) VALUES (?, ?)'),
});

export interface Owner {
  readonly service: string;
  readonly instance: string;
}

/** One of the two tiers. `stepMs` is what an aggregate stands for, `rowMs` how many of them share a row. */
export class Tier {
  readonly #sql: ReturnType<typeof prepareAll>;

  constructor(
    database: Database,
    readonly name: TierName,
    readonly stepMs: number,
    readonly rowMs: number,
  ) {
    this.#sql = prepareAll(database, name === 'minute' ? 'minutes' : 'hours');
  }

  /** Until when every instance has its rows; null: nothing was made yet. */
  get until(): number | null {
    return this.#sql.until.get(this.name)?.until ?? null;
  }

  advance(until: number): void {
    this.#sql.advance.run(this.name, until);
  }

  put(series: number, layout: number, start: number, { aggregates }: AggregateRun): void {
    if (aggregates.length > 0) this.#sql.put.run(series, start, layout, encodeAggregates(aggregates, this.stepMs));
  }

  /**
   * Aggregates that begin in [from, to), oldest first; `damaged` is told of each row that cannot be read. `intoMs`: those of
   * one such step are one already, within each row.
   */
  *read(
    series: number,
    owner: Owner,
    from: number,
    to: number,
    damaged: (error: unknown) => void,
    wantedOf: (judged: Judged) => Wanted = () => allMetrics,
    intoMs = 0,
  ): Generator<AggregateRun> {
    const picked = rowsWithin(from, to - 1);
    for (const row of this.#sql.read.all(series, from - this.rowMs + 1, to)) {
      const judged = { ...owner, policy: row.policy, metrics: namesOf(row.metrics) };
      try {
        const aggregates = decodeAggregates(row.body, {
          stepMs: this.stepMs,
          wanted: wantedOf(judged),
          picked,
          intoMs,
        });
        if (aggregates.length > 0) yield { judged, aggregates };
      } catch (error) {
        damaged(error);
      }
    }
  }

  /** Start of the first row of an instance; null: it has none. */
  first(series: number): number | null {
    return this.#sql.first.get(series)?.start ?? null;
  }

  /** Start of the oldest row of all. */
  oldest(): number | null {
    return this.#sql.oldest.get()?.start ?? null;
  }

  /** Deletes at most `slice` of the oldest rows, those that end until `before`. Returns how many. */
  drop(before: number, slice: number): number {
    return this.#sql.drop.run(slice, before - this.rowMs + 1).changes;
  }
}

export const namesOf = (text: string): string[] => {
  const parsed: unknown = JSON.parse(text);
  return Array.isArray(parsed) ? parsed.map(String) : [];
};
