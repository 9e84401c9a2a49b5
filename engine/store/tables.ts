import type { Database } from 'better-sqlite3';
import { allMetrics, decodePoints, encodeChunk, rowsWithin, type Picked, type Wanted } from './codec.js';
import { MemoryTable } from './memory-table.js';
import { Names, type SeriesRow } from './names.js';
import { CHUNK_MS, type Chunk } from './open-chunks.js';
import type { Judged, Point } from './point.js';
import type { LogEntry } from './log-rows.js';
import { encodeRow } from './row.js';
import type { AggregateRun } from './spread.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, namesOf, Tier, type TierName } from './tiers.js';

interface ChunkRow {
  readonly policy: string;
  readonly metrics: string;
  readonly body: Buffer;
}

interface LogRow extends ChunkRow {
  readonly service: string;
  readonly instance: string;
}

const prepareAll = (database: Database) => ({
  addLog: database.prepare<[number, number, number, Buffer]>(
    'INSERT OR REPLACE INTO log (at, series, layout, body) VALUES (?, ?, ?, ?)',
  ),
  trimLog: database.prepare<[number, number]>(
    'DELETE FROM log WHERE (at, series) IN (SELECT at, series FROM log WHERE at < ? ORDER BY at, series LIMIT ?)',
  ),
  readLog: database.prepare<[], LogRow>(
    `SELECT service, instance, policy, metrics, log.body AS body
       FROM log JOIN series ON series.id = log.series JOIN layouts ON layouts.id = log.layout
      WHERE at > coalesce((SELECT max(end) FROM chunks WHERE chunks.series = log.series AND chunks.start <= log.at), -1)
      ORDER BY at`,
  ),
  addChunk: database.prepare<[number, number, number, number, Buffer]>(
    'INSERT INTO chunks (series, start, end, layout, body) VALUES (?, ?, ?, ?, ?)',
  ),
  // Chunks are written in the order in which they end, so the oldest are the first rows.
  dropChunks: database.prepare<[number, number]>(
    'DELETE FROM chunks WHERE id IN (SELECT id FROM (SELECT id, end FROM chunks ORDER BY id LIMIT ?) WHERE end < ?)',
  ),
  oldestChunk: database.prepare<[], { start: number }>('SELECT start FROM chunks ORDER BY id LIMIT 1'),
  firstChunk: database.prepare<[number], { start: number | null }>(
    'SELECT min(start) AS start FROM chunks WHERE series = ?',
  ),
  lastChunk: database.prepare<[number], { end: number | null }>('SELECT max(end) AS end FROM chunks WHERE series = ?'),
  readChunks: database.prepare<[number, number, number, number], ChunkRow>(
    `SELECT policy, metrics, body FROM chunks JOIN layouts ON layouts.id = chunks.layout
      WHERE series = ? AND start >= ? AND start <= ? AND end >= ? ORDER BY start`,
  ),
});

/** The history file's rows. Every method may throw SqliteError; {@link HistoryStore} answers for that. */
export class Tables {
  readonly #database: Database;
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly names: Names;
  readonly memory: MemoryTable;
  /** Metrics as they stand in the table; instances of one policy share the list. */
  readonly #texts = new WeakMap<Judged['metrics'], string>();
  readonly #minutes: Tier;
  readonly #hours: Tier;

  constructor(database: Database) {
    this.#database = database;
    this.#sql = prepareAll(database);
    this.names = new Names(database);
    this.memory = new MemoryTable(database);
    this.#minutes = new Tier(database, 'minute', MINUTE_MS, HOUR_MS);
    this.#hours = new Tier(database, 'hour', HOUR_MS, DAY_MS);
  }

  /** All or nothing. */
  transaction(work: () => void): void {
    try {
      this.#database.transaction(work)();
    } catch (error) {
      this.names.reset();
      this.memory.reset();
      throw error;
    }
  }

  appendLog({ judged, row }: LogEntry): void {
    const { at } = row;
    this.#sql.addLog.run(at, this.#series(judged, at), this.#layout(judged, at), encodeRow(row));
  }

  addChunk({ judged, points }: Chunk): void {
    const first = points[0];
    const last = points.at(-1);
    if (!first || !last) return;
    const { at: end } = last;
    this.#sql.addChunk.run(this.#series(judged, end), first.at, end, this.#layout(judged, end), encodeChunk(points));
  }

  /** What was logged and not yet sealed, oldest first; `damaged` is told of each row that cannot be read. */
  *readLog(damaged: (error: unknown) => void): Generator<{ readonly judged: Judged; readonly point: Point }> {
    for (const { service, instance, policy, metrics, body } of this.#sql.readLog.all()) {
      try {
        const judged = { service, instance, policy, metrics: namesOf(metrics) };
        for (const point of decodePoints(body)) yield { judged, point };
      } catch (error) {
        damaged(error);
      }
    }
  }

  /** The points of [from, to] by chunks, oldest first; a chunk may be empty. */
  *readChunks(
    { id, service, instance }: SeriesRow,
    from: number,
    to: number,
    damaged: (error: unknown) => void,
    wantedOf: (judged: Judged) => Wanted = () => allMetrics,
    picked: Picked = rowsWithin(from, to),
  ): Generator<Chunk> {
    for (const { policy, metrics, body } of this.#sql.readChunks.all(id, from - CHUNK_MS, to, from)) {
      const judged = { service, instance, policy, metrics: namesOf(metrics) };
      try {
        yield { judged, points: decodePoints(body, wantedOf(judged), picked) };
      } catch (error) {
        damaged(error);
      }
    }
  }

  /** Times of the first and the last sealed evaluation of a series. */
  sealed({ id }: SeriesRow): { readonly first: number | null; readonly last: number | null } {
    return { first: this.#sql.firstChunk.get(id)?.start ?? null, last: this.#sql.lastChunk.get(id)?.end ?? null };
  }

  tier(name: TierName): Tier {
    return name === 'minute' ? this.#minutes : this.#hours;
  }

  put(tier: TierName, series: SeriesRow, start: number, run: AggregateRun): void {
    this.tier(tier).put(series.id, this.#layout(run.judged, start), start, run);
  }

  /** Start of the oldest sealed chunk of all. */
  oldestChunk(): number | null {
    return this.#sql.oldestChunk.get()?.start ?? null;
  }

  /** Deletes at most `slice` log rows from before `sealed`. Returns how many. */
  trimLog(sealed: number, slice: number): number {
    return this.#sql.trimLog.run(sealed, slice).changes;
  }

  /** Time of the oldest row of all that are kept; null: there is none. */
  oldest(): number | null {
    const all = [this.oldestChunk(), this.#minutes.oldest(), this.#hours.oldest()].filter((at) => at !== null);
    return all.length === 0 ? null : Math.min(...all);
  }

  /** Deletes at most `slice` of the oldest chunks, those that ended before that time. Returns how many. */
  dropChunks(before: number, slice: number): number {
    return this.#sql.dropChunks.run(slice, before).changes;
  }

  /** Bytes of the file, and those of them that nothing uses. */
  size(): { readonly file: number; readonly free: number } {
    const of = (pragma: string): number => Number(this.#database.pragma(pragma, { simple: true }));
    const page = of('page_size');
    return { file: of('page_count') * page, free: of('freelist_count') * page };
  }

  /** Brings the log into the file. */
  settle(): void {
    this.#database.pragma('wal_checkpoint(TRUNCATE)');
  }

  /** A file that cannot give space back is written anew if it is no larger than that. */
  prepareToShrink(atMost: number): void {
    const incremental = 2;
    if (this.#database.pragma('auto_vacuum', { simple: true }) === incremental || this.size().file > atMost) return;
    this.#database.pragma('auto_vacuum = INCREMENTAL');
    this.#database.exec('VACUUM');
  }

  /** Gives at most that many unused pages back to the disk. */
  shrink(pages: number): void {
    this.#database.pragma(`incremental_vacuum(${pages})`);
  }

  #series({ service, instance }: Judged, at: number): number {
    return this.names.series(service, instance, at);
  }

  #layout(judged: Judged, at: number): number {
    let text = this.#texts.get(judged.metrics);
    if (text === undefined) this.#texts.set(judged.metrics, (text = JSON.stringify(judged.metrics)));
    return this.names.layout(judged.policy, text, at);
  }
}
