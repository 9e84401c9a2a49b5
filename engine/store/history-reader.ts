/** The history file as another thread or program reads it: read only, beside the engine that writes it. */
import { openReadOnly, type Database } from '../../lib/sqlite.js';
import { CHUNK_MS } from './open-chunks.js';
import { decodeColumns, type PointColumns } from './point-columns.js';

/** Whose points, and by what they were judged. */
export interface Stretch {
  readonly policy: string;
  readonly metrics: readonly string[];
  readonly columns: PointColumns;
}

export interface RecordedPolicy {
  readonly hash: string;
  /** JSON, hostile until validated; null: it was not kept. */
  readonly body: string | null;
}

interface Row {
  readonly policy: string;
  readonly metrics: string;
  readonly body: Buffer;
}

const namesOf = (text: string): readonly string[] => {
  const parsed: unknown = JSON.parse(text);
  return Array.isArray(parsed) ? parsed.map(String) : [];
};

interface Span {
  readonly service: string;
  readonly from: number;
  readonly to: number;
}

const prepareAll = (database: Database) => ({
  instances: database.prepare<[string], { id: number; instance: string }>(
    'SELECT id, instance FROM series WHERE service = ? ORDER BY instance',
  ),
  count: database.prepare<[string, number, number], { chunks: number }>(
    `SELECT count(*) AS chunks FROM chunks JOIN series ON series.id = chunks.series
      WHERE service = ? AND start <= ? AND end >= ?`,
  ),
  policies: database.prepare<[Span], RecordedPolicy>(
    `SELECT DISTINCT layouts.policy AS hash, policies.body AS body
       FROM (SELECT layout, series FROM chunks WHERE start <= @to AND end >= @from
             UNION SELECT layout, series FROM log WHERE at BETWEEN @from AND @to) AS used
       JOIN series ON series.id = used.series JOIN layouts ON layouts.id = used.layout
       LEFT JOIN policies ON policies.hash = layouts.policy
      WHERE service = @service`,
  ),
  chunks: database.prepare<[number, number, number, number], Row>(
    `SELECT policy, metrics, body FROM chunks JOIN layouts ON layouts.id = chunks.layout
      WHERE series = ? AND start >= ? AND start <= ? AND end >= ? ORDER BY start`,
  ),
  sealedUntil: database.prepare<[number], { end: number | null }>(
    'SELECT max(end) AS end FROM chunks WHERE series = ?',
  ),
  log: database.prepare<[Span], Row & { readonly series: number; readonly at: number }>(
    `SELECT log.series AS series, log.at AS at, policy, metrics, log.body AS body
       FROM log JOIN series ON series.id = log.series JOIN layouts ON layouts.id = log.layout
      WHERE at BETWEEN @from AND @to AND service = @service ORDER BY at`,
  ),
});

/** Throws SqliteError or BallastError, as the file has it; damaged chunks are told, and passed over. */
export class HistoryReader {
  readonly #database: Database;
  readonly #sql: ReturnType<typeof prepareAll>;
  /** Not sealed yet, of one service. */
  #open: { readonly service: string; readonly rows: ReadonlyMap<number, readonly (Row & { readonly at: number })[]> };

  constructor(path: string) {
    this.#database = openReadOnly(path);
    this.#sql = prepareAll(this.#database);
    this.#open = { service: '', rows: new Map() };
  }

  instances(service: string): readonly { readonly id: number; readonly instance: string }[] {
    return this.#sql.instances.all(service);
  }

  /** Sealed chunks of a service within a time: what there is to go through. */
  count(service: string, from: number, to: number): number {
    return this.#sql.count.get(service, to, from)?.chunks ?? 0;
  }

  /** The policies that judged a service within a time. */
  policies(service: string, from: number, to: number): readonly RecordedPolicy[] {
    return this.#sql.policies.all({ service, from, to });
  }

  /** The points of an instance, oldest first; those of the edge chunks may lie outside the time. */
  *parts(
    service: string,
    series: number,
    from: number,
    to: number,
    damaged: (error: unknown) => void,
  ): Generator<Stretch> {
    const read = ({ policy, metrics, body }: Row): Stretch | null => {
      try {
        return { policy, metrics: namesOf(metrics), columns: decodeColumns(body) };
      } catch (error) {
        damaged(error);
        return null;
      }
    };
    for (const row of this.#sql.chunks.all(series, from - CHUNK_MS, to, from)) {
      const part = read(row);
      if (part) yield part;
    }
    const sealed = this.#sql.sealedUntil.get(series)?.end ?? -Infinity;
    for (const row of this.#openOf(service, series, from, to)) {
      const part = row.at > sealed ? read(row) : null;
      if (part) yield part;
    }
  }

  close(): void {
    this.#database.close();
  }

  #openOf(service: string, series: number, from: number, to: number): readonly (Row & { readonly at: number })[] {
    if (this.#open.service !== service) {
      const rows = new Map<number, (Row & { readonly at: number })[]>();
      for (const row of this.#sql.log.all({ service, from, to })) {
        const known = rows.get(row.series);
        if (known) known.push(row);
        else rows.set(row.series, [row]);
      }
      this.#open = { service, rows };
    }
    return this.#open.rows.get(series) ?? [];
  }
}
