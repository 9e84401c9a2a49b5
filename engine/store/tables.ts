import type { Database, Statement } from 'better-sqlite3';
import { decodePoints, encodeChunk, encodePlain } from './codec.js';
import { CHUNK_MS, type Chunk } from './open-chunks.js';
import type { Judged, Point } from './point.js';

export interface LogEntry {
  readonly judged: Judged;
  readonly point: Point;
}

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
  addSeries: database.prepare<[string, string]>('INSERT OR IGNORE INTO series (service, instance) VALUES (?, ?)'),
  series: database.prepare<[string, string], { id: number }>(
    'SELECT id FROM series WHERE service = ? AND instance = ?',
  ),
  addLayout: database.prepare<[string, string]>('INSERT OR IGNORE INTO layouts (policy, metrics) VALUES (?, ?)'),
  layout: database.prepare<[string, string], { id: number }>('SELECT id FROM layouts WHERE policy = ? AND metrics = ?'),
  addPolicy: database.prepare<[string, number, string]>(
    'INSERT OR IGNORE INTO policies (hash, since, body) VALUES (?, ?, ?)',
  ),
  policy: database.prepare<[string], { body: string }>('SELECT body FROM policies WHERE hash = ?'),
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
  trimChunks: database.prepare<[number, number]>(
    'DELETE FROM chunks WHERE id IN (SELECT id FROM (SELECT id, end FROM chunks ORDER BY id LIMIT ?) WHERE end < ?)',
  ),
  readChunks: database.prepare<[number, number, number, number], ChunkRow>(
    `SELECT policy, metrics, body FROM chunks JOIN layouts ON layouts.id = chunks.layout
      WHERE series = ? AND start >= ? AND start <= ? AND end >= ? ORDER BY start`,
  ),
  remember: database.prepare<[string, number, string]>(
    'INSERT OR REPLACE INTO memory (service, at, body) VALUES (?, ?, ?)',
  ),
  recall: database.prepare<[string], { body: string }>('SELECT body FROM memory WHERE service = ?'),
});

const idBy = (add: Statement<[string, string]>, find: Statement<[string, string], { id: number }>) => {
  const known = new Map<string, number>();
  return (one: string, other: string): number => {
    const key = `${one}\n${other}`;
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    add.run(one, other);
    const id = find.get(one, other)?.id;
    if (id === undefined) throw new Error(`the row of ${one}, ${other} vanished`);
    known.set(key, id);
    return id;
  };
};

const namesOf = (text: string): string[] => {
  const parsed: unknown = JSON.parse(text);
  return Array.isArray(parsed) ? parsed.map(String) : [];
};

/** The history file's rows. Every method may throw SqliteError; {@link HistoryStore} answers for that. */
export class Tables {
  readonly #database: Database;
  readonly #sql: ReturnType<typeof prepareAll>;
  #seriesId: (service: string, instance: string) => number;
  #layoutId: (policy: string, metrics: string) => number;

  constructor(database: Database) {
    this.#database = database;
    this.#sql = prepareAll(database);
    this.#seriesId = idBy(this.#sql.addSeries, this.#sql.series);
    this.#layoutId = idBy(this.#sql.addLayout, this.#sql.layout);
  }

  /** All or nothing. What was looked up in a transaction that failed is looked up again. */
  transaction(work: () => void): void {
    try {
      this.#database.transaction(work)();
    } catch (error) {
      this.#seriesId = idBy(this.#sql.addSeries, this.#sql.series);
      this.#layoutId = idBy(this.#sql.addLayout, this.#sql.layout);
      throw error;
    }
  }

  appendLog({ judged, point }: LogEntry): void {
    this.#sql.addLog.run(point.at, this.#series(judged), this.#layout(judged), encodePlain([point]));
  }

  addChunk({ judged, points }: Chunk): void {
    const first = points[0];
    const last = points.at(-1);
    if (!first || !last) return;
    this.#sql.addChunk.run(this.#series(judged), first.at, last.at, this.#layout(judged), encodeChunk(points));
  }

  addPolicy(hash: string, since: number, body: string): void {
    this.#sql.addPolicy.run(hash, since, body);
  }

  policy(hash: string): string | null {
    return this.#sql.policy.get(hash)?.body ?? null;
  }

  remember(service: string, at: number, body: string): void {
    this.#sql.remember.run(service, at, body);
  }

  recall(service: string): string | null {
    return this.#sql.recall.get(service)?.body ?? null;
  }

  /** What was logged and not yet sealed, oldest first; `damaged` is told of each row that cannot be read. */
  *readLog(damaged: (error: unknown) => void): Generator<LogEntry> {
    for (const { service, instance, policy, metrics, body } of this.#sql.readLog.all()) {
      try {
        const judged = { service, instance, policy, metrics: namesOf(metrics) };
        for (const point of decodePoints(body)) yield { judged, point };
      } catch (error) {
        damaged(error);
      }
    }
  }

  *readChunks(
    service: string,
    instance: string,
    from: number,
    to: number,
    damaged: (error: unknown) => void,
  ): Generator<Chunk> {
    const series = this.#sql.series.get(service, instance)?.id;
    if (series === undefined) return;
    for (const { policy, metrics, body } of this.#sql.readChunks.all(series, from - CHUNK_MS, to, from)) {
      try {
        yield { judged: { service, instance, policy, metrics: namesOf(metrics) }, points: decodePoints(body) };
      } catch (error) {
        damaged(error);
      }
    }
  }

  /** Deletes at most `slice` log rows before `sealed`, and as many chunks that ended before `expired`. */
  trim(sealed: number, expired: number, slice: number): void {
    this.#sql.trimLog.run(sealed, slice);
    this.#sql.trimChunks.run(slice, expired);
  }

  #series(judged: Judged): number {
    return this.#seriesId(judged.service, judged.instance);
  }

  #layout(judged: Judged): number {
    return this.#layoutId(judged.policy, JSON.stringify(judged.metrics));
  }
}
