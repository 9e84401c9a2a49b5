/** Every text of a service file that was ever in force here: who put it there, when and why. Append-only. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../lib/clock.js';
import { BallastError, messageOf } from '../../lib/errors.js';
import type { Log } from '../../lib/log.js';
import { openDatabase, type Database } from '../../lib/sqlite.js';

export interface Version {
  readonly service: string;
  /** From 1, without gaps. */
  readonly version: number;
  readonly at: number;
  readonly author: string;
  readonly reason: string | null;
  readonly file: string;
  /** SHA-256 of the text in hex; of nothing where the file was removed. */
  readonly hash: string;
  /** Null: the file was removed. */
  readonly text: string | null;
}

export type NewVersion = Omit<Version, 'version' | 'hash'>;

const migrations: readonly string[] = [
  `
  CREATE TABLE versions (
    id INTEGER PRIMARY KEY, service TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, author TEXT NOT NULL,
    reason TEXT, file TEXT NOT NULL, hash TEXT NOT NULL, text TEXT, UNIQUE (service, version)
  );
  CREATE TRIGGER versions_are_not_changed BEFORE UPDATE ON versions BEGIN SELECT RAISE(ABORT, 'versions are append-only'); END;
  CREATE TRIGGER versions_are_not_removed BEFORE DELETE ON versions BEGIN SELECT RAISE(ABORT, 'versions are append-only'); END;
  `,
];

export const hashOf = (text: string | null): string =>
  createHash('sha256')
    .update(text ?? '')
    .digest('hex');

const prepare = (database: Database) => ({
  latest: database.prepare<[string], Version>('SELECT * FROM versions WHERE service = ? ORDER BY version DESC LIMIT 1'),
  all: database.prepare<[], Version>(
    'SELECT * FROM versions AS v WHERE version = (SELECT max(version) FROM versions WHERE service = v.service)',
  ),
  list: database.prepare<[string, number], Version>(
    'SELECT * FROM versions WHERE service = ? ORDER BY version DESC LIMIT ?',
  ),
  get: database.prepare<[string, number], Version>('SELECT * FROM versions WHERE service = ? AND version = ?'),
  add: database.prepare<[string, string, number, string, string | null, string, string, string | null]>(
    `INSERT INTO versions (service, version, at, author, reason, file, hash, text)
      VALUES (?, 1 + (SELECT coalesce(max(version), 0) FROM versions WHERE service = ?), ?, ?, ?, ?, ?, ?)`,
  ),
});

export interface VersionsOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** How the file is opened, where not as every database of ours. */
  readonly open?: typeof openDatabase;
}

/** How long a file that cannot be opened is left alone. */
const reopenMs = 10_000;

/**
 * A SQLite file of its own. Every method throws a BallastError (503) while the file cannot be used; it is tried again. The
 * service files are the truth, so nothing of the configuration waits for it.
 */
export class Versions {
  #open: { readonly database: Database; readonly sql: ReturnType<typeof prepare> } | null = null;
  #retryAt = -Infinity;
  #problem: string | null = null;

  constructor(private readonly options: VersionsOptions) {}

  /** Why versions are not kept now; null: they are. */
  get problem(): string | null {
    return this.#problem;
  }

  /** The newest of every service that ever had one. */
  all(): readonly Version[] {
    return this.#with(({ all }) => all.all());
  }

  latest(service: string): Version | null {
    return this.#with(({ latest }) => latest.get(service) ?? null);
  }

  /** Newest first. */
  list(service: string, limit: number): readonly Version[] {
    return this.#with(({ list }) => list.all(service, limit));
  }

  get(service: string, version: number): Version | null {
    return this.#with(({ get }) => get.get(service, version) ?? null);
  }

  append({ service, at, author, reason, file, text }: NewVersion): Version {
    return this.#with((sql) => {
      sql.add.run(service, service, at, author, reason, file, hashOf(text), text);
      const added = sql.latest.get(service);
      if (!added) throw new Error(`the version of ${service} vanished`);
      return added;
    });
  }

  close(): void {
    this.#open?.database.close();
    this.#open = null;
  }

  #with<T>(work: (sql: ReturnType<typeof prepare>) => T): T {
    try {
      const result = work(this.#connect());
      this.#problem = null;
      return result;
    } catch (error) {
      const problem = `versions: cannot use ${this.options.path}: ${messageOf(error)}`;
      if (problem !== this.#problem) this.options.log.error({ err: error }, 'versions of service files are not kept');
      this.#problem = problem;
      throw new BallastError('VERSIONS_UNAVAILABLE', problem, { status: 503, cause: error });
    }
  }

  #connect(): ReturnType<typeof prepare> {
    if (this.#open) return this.#open.sql;
    const { path, clock, log, open = openDatabase } = this.options;
    if (clock.mono() < this.#retryAt) throw new Error('it could not be opened a moment ago');
    this.#retryAt = clock.mono() + reopenMs;
    const database = open(path, migrations, log);
    this.#open = { database, sql: prepare(database) };
    return this.#open.sql;
  }
}
