/** Who and what the rows of the history file are of, each by a number: instances (series), and policies with their metrics (layouts). */
import type { Database } from 'better-sqlite3';
import type { Owner } from './tiers.js';
import { DAY_MS } from './tiers.js';

/** Who a series of rows is about. */
export interface SeriesRow extends Owner {
  readonly id: number;
}

/** `last` is raised in such steps: often enough to know after months, too rarely to cost anything. */
const NOTED_EVERY_MS = DAY_MS;
/** A row may be named by what was noted a day before it, and be of a whole day. */
const SLACK_MS = 3 * DAY_MS;
const SLICE = 50;

const prepareAll = (database: Database) => ({
  addSeries: database.prepare<[string, string, number]>(
    'INSERT OR IGNORE INTO series (service, instance, last) VALUES (?, ?, ?)',
  ),
  series: database.prepare<[string, string], { id: number }>(
    'SELECT id FROM series WHERE service = ? AND instance = ?',
  ),
  noteSeries: database.prepare<[number, number]>('UPDATE series SET last = max(last, ?) WHERE id = ?'),
  dropSeries: database.prepare<[number, number]>(
    'DELETE FROM series WHERE id IN (SELECT id FROM series WHERE last < ? LIMIT ?)',
  ),
  addLayout: database.prepare<[string, string, number]>(
    'INSERT OR IGNORE INTO layouts (policy, metrics, last) VALUES (?, ?, ?)',
  ),
  layout: database.prepare<[string, string], { id: number }>('SELECT id FROM layouts WHERE policy = ? AND metrics = ?'),
  noteLayout: database.prepare<[number, number]>('UPDATE layouts SET last = max(last, ?) WHERE id = ?'),
  dropLayouts: database.prepare<[number, number]>(
    'DELETE FROM layouts WHERE id IN (SELECT id FROM layouts WHERE last < ? LIMIT ?)',
  ),
  seriesAfter: database.prepare<[number], SeriesRow>(
    'SELECT id, service, instance FROM series WHERE id > ? ORDER BY id LIMIT 1',
  ),
  seriesOf: database.prepare<[string], SeriesRow>(
    'SELECT id, service, instance FROM series WHERE service = ? ORDER BY instance',
  ),
  addPolicy: database.prepare<[string, number, string]>(
    'INSERT OR IGNORE INTO policies (hash, since, body) VALUES (?, ?, ?)',
  ),
  policy: database.prepare<[string], { body: string }>('SELECT body FROM policies WHERE hash = ?'),
  unnamedPolicies: database.prepare<[number], { hash: string }>(
    'SELECT hash FROM policies WHERE since < ? AND hash NOT IN (SELECT policy FROM layouts)',
  ),
  dropPolicy: database.prepare<[string]>('DELETE FROM policies WHERE hash = ?'),
});

interface Known {
  readonly id: number;
  /** Until when it need not be noted again. */
  readonly until: number;
}

/** By one name, then by the other: a key of both would be a text more for each instance. */
type Cache = Map<string, Map<string, Known>>;

/** Its methods may throw SqliteError. */
export class Names {
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly #series: Cache = new Map();
  readonly #layouts: Cache = new Map();

  constructor(database: Database) {
    this.#sql = prepareAll(database);
  }

  /** The number of an instance that something of that time is written of. */
  series(service: string, instance: string, at: number): number {
    const { addSeries, series, noteSeries } = this.#sql;
    return this.#idOf(this.#series, { add: addSeries, find: series, note: noteSeries }, service, instance, at);
  }

  /** The number of a policy with a list of metrics, by which something of that time was judged. */
  layout(policy: string, metrics: string, at: number): number {
    const { addLayout, layout, noteLayout } = this.#sql;
    return this.#idOf(this.#layouts, { add: addLayout, find: layout, note: noteLayout }, policy, metrics, at);
  }

  /** Null: nothing was ever kept of it. */
  find(service: string, instance: string): SeriesRow | null {
    const id = this.#sql.series.get(service, instance)?.id;
    return id === undefined ? null : { id, service, instance };
  }

  seriesAfter(id: number): SeriesRow | null {
    return this.#sql.seriesAfter.get(id) ?? null;
  }

  seriesOf(service: string): readonly SeriesRow[] {
    return this.#sql.seriesOf.all(service);
  }

  addPolicy(hash: string, since: number, body: string): void {
    this.#sql.addPolicy.run(hash, since, body);
  }

  policy(hash: string): string | null {
    return this.#sql.policy.get(hash)?.body ?? null;
  }

  /** What was looked up in a transaction that failed is looked up again. */
  reset(): void {
    this.#series.clear();
    this.#layouts.clear();
  }

  /**
   * Deletes a slice of what no row names any more. `oldest`: the time of the oldest row that is kept. Policies in `inForce`
   * stay. False: there is nothing to delete.
   */
  forget(oldest: number, inForce: ReadonlySet<string>): boolean {
    const before = oldest - SLACK_MS;
    const dropped = this.#sql.dropSeries.run(before, SLICE).changes + this.#sql.dropLayouts.run(before, SLICE).changes;
    if (dropped > 0) this.reset();
    const policies = this.#sql.unnamedPolicies.all(before).filter(({ hash }) => !inForce.has(hash));
    for (const { hash } of policies.slice(0, SLICE)) this.#sql.dropPolicy.run(hash);
    return dropped + policies.length > 0;
  }

  #idOf(cache: Cache, sql: Statements, one: string, other: string, at: number): number {
    const known = cache.get(one)?.get(other);
    if (known !== undefined && at < known.until) return known.id;
    if (known === undefined) sql.add.run(one, other, at);
    const id = known?.id ?? sql.find.get(one, other)?.id;
    if (id === undefined) throw new Error(`the row of ${one}, ${other} vanished`);
    sql.note.run(at, id);
    const noted = { id, until: at + NOTED_EVERY_MS };
    const there = cache.get(one);
    if (there) there.set(other, noted);
    else cache.set(one, new Map([[other, noted]]));
    return id;
  }
}

type Sql = ReturnType<typeof prepareAll>;
interface Statements {
  readonly add: Sql['addSeries'];
  readonly find: Sql['series'];
  readonly note: Sql['noteSeries'];
}
