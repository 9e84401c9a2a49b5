import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { BallastError, messageOf, toError } from './errors.js';
import type { Log } from './log.js';

export type Database = BetterSqlite.Database;

const busyTimeoutMs = 5_000;
/** Checking reads the whole file; beyond this size damage is found where it is met. */
const checkLimitBytes = 256 * 1024 * 1024;

export type SqliteTrouble = 'full' | 'corrupt' | 'busy' | 'other';

/** With WAL this is how a disk without any space left shows first: the `-shm` file cannot grow. */
const noRoomForSharedMemory = 'SQLITE_IOERR_SHMSIZE';

/** What an error of SQLite means for the caller: `full` and `busy` pass, `corrupt` does not. Null: not an error of SQLite. */
export const sqliteTrouble = (thrown: unknown): SqliteTrouble | null => {
  if (!(thrown instanceof BetterSqlite.SqliteError)) return null;
  if (thrown.code === 'SQLITE_FULL' || thrown.code === noRoomForSharedMemory) return 'full';
  if (thrown.code.startsWith('SQLITE_CORRUPT') || thrown.code === 'SQLITE_NOTADB') return 'corrupt';
  return thrown.code.startsWith('SQLITE_BUSY') ? 'busy' : 'other';
};

const check = (database: Database, path: string): void => {
  if (statSync(path).size > checkLimitBytes) return;
  const verdict: unknown = database.pragma('quick_check(1)', { simple: true });
  if (verdict !== 'ok') throw new BetterSqlite.SqliteError(String(verdict), 'SQLITE_CORRUPT');
};

/** "BLST", in the header of our files: what else is a database is another program's. */
const applicationId = 0x42_4c_53_54;
/** Files from before they were marked have one of these tables. */
const unmarked = ['layouts', 'journal'];

/** Looks before anything is written whether the file is ours, and of a version that we know. */
const mayUse = (database: Database, path: string, known: number): void => {
  const version = Number(database.pragma('user_version', { simple: true }));
  const tables = database.prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  const isOurs =
    tables.length === 0 ||
    database.pragma('application_id', { simple: true }) === applicationId ||
    (version > 0 && tables.some(({ name }) => unmarked.includes(name)));
  if (!isOurs)
    throw new BallastError('DATABASE_FOREIGN', `${path} is a database of another program`, {
      hint: 'move it away, or choose another data folder',
    });
  if (version > known)
    throw new BallastError('DATABASE_TOO_NEW', `${path} has schema ${version}, this program knows ${known}`, {
      hint: 'run the newer version of Ballast, or move the file away',
    });
};

/** `user_version` counts the migrations that were applied; each is one transaction. */
const migrate = (database: Database, migrations: readonly string[]): void => {
  const version = Number(database.pragma('user_version', { simple: true }));
  migrations.slice(version).forEach((sql, offset) => {
    database.transaction(() => {
      database.exec(sql);
      database.pragma(`user_version = ${version + offset + 1}`);
    })();
  });
};

const open = (path: string, migrations: readonly string[]): Database => {
  const database = new BetterSqlite(path, { timeout: busyTimeoutMs });
  try {
    mayUse(database, path, migrations.length);
    database.pragma('auto_vacuum = INCREMENTAL'); // Only of a new file, and before all else.
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    database.pragma('foreign_keys = ON');
    check(database, path);
    database.pragma(`application_id = ${applicationId}`);
    migrate(database, migrations);
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
};

/** Moves the database with its journal files beside itself; nothing is ever deleted. Throws the file system's error. */
export const moveAside = (path: string, now: number): string => {
  const aside = `${path}.corrupt-${new Date(now).toISOString().replaceAll(':', '-')}`;
  for (const suffix of ['', '-wal', '-shm'])
    if (existsSync(`${path}${suffix}`)) renameSync(`${path}${suffix}`, `${aside}${suffix}`);
  return aside;
};

const explained = (thrown: unknown, path: string): Error => {
  if (thrown instanceof BallastError) return thrown;
  const full = sqliteTrouble(thrown) === 'full';
  return new BallastError(full ? 'DISK_FULL' : 'DATABASE_UNUSABLE', `cannot open ${path}: ${messageOf(thrown)}`, {
    hint: full ? 'free some space on its disk' : 'check its folder and permissions, or choose another data folder',
    cause: thrown,
  });
};

/**
 * Opens or creates a database (WAL, busy timeout) and brings its schema up to date. A damaged file is moved beside itself
 * with the date, reported, and a new one started: history is worth less than running. Anything else that is wrong throws
 * a BallastError that says what to do. `onMoved` hears of the file that was moved.
 */
export const openDatabase = (
  path: string,
  migrations: readonly string[],
  log: Log,
  onMoved: (aside: string) => void = () => undefined,
): Database => {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return open(path, migrations);
  } catch (thrown) {
    if (sqliteTrouble(thrown) !== 'corrupt') throw explained(thrown, path);
    const aside = moveAside(path, Date.now());
    onMoved(aside);
    log.error(
      { path, aside, err: toError(thrown) },
      'the database is damaged; it was moved aside and a new one started',
    );
  }
  try {
    return open(path, migrations);
  } catch (thrown) {
    throw explained(thrown, path);
  }
};

/** A database that somebody else writes, to look at only: nothing is created, migrated or moved. Throws a BallastError. */
export const openReadOnly = (path: string): Database => {
  try {
    return new BetterSqlite(path, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
  } catch (thrown) {
    throw explained(thrown, path);
  }
};
