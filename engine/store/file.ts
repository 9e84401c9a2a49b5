import { statSync } from 'node:fs';
import { Checkpoints } from '../../lib/checkpoints.js';
import type { Clock } from '../../lib/clock.js';
import { BallastError, messageOf } from '../../lib/errors.js';
import type { Log } from '../../lib/log.js';
import { moveAside, openDatabase, sqliteTrouble, type Database } from '../../lib/sqlite.js';
import { migrations } from './schema.js';
import { Tables } from './tables.js';

/** How long a file that cannot be opened is left alone, and how often is looked whether it is still there. */
const REOPEN_MS = 10_000;
/** A file of an older version cannot give space back unless it is written anew, at the start, while it is small. */
const REWRITE_BYTES = 64 * 1024 * 1024;

export interface FileOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** How the file is opened, where not as every database of ours. */
  readonly open?: typeof openDatabase;
  /** A file was opened, for the first time or another one than before. May throw SqliteError. */
  readonly onOpen: (tables: Tables, damaged: (error: unknown) => void) => void;
}

/** The file itself is bad; all else (full, read-only, busy) may pass. */
const isDamage = (error: unknown): boolean => sqliteTrouble(error) === 'corrupt';

/** A whole database, but not one that we may write into. */
const isForeign = (error: unknown): boolean =>
  error instanceof BallastError && (error.code === 'DATABASE_TOO_NEW' || error.code === 'DATABASE_FOREIGN');

const inodeOf = (path: string): number | null => {
  try {
    return statSync(path).ino;
  } catch {
    return null;
  }
};

/**
 * The file under the history, whatever happens to it. Nothing here throws for a bad disk: {@link problem} says what is
 * wrong, it is logged once, and tried again. A damaged file is moved aside, one that is not ours (another program's, a
 * newer version's) is left where it is, and in both cases a new one started beside it; one that was deleted is made anew.
 */
export class HistoryFile {
  readonly #options: FileOptions;
  #path: string;
  #database: Database | null = null;
  #tables: Tables | null = null;
  #checkpoints: Checkpoints | null = null;
  #inode: number | null = null;
  #lookAt = -Infinity;
  #problem: string | null = null;
  /** What stays so until somebody does something about it. */
  #notice: string | null = null;
  #errors = 0;
  #replaced = 0;
  #closed = false;

  constructor(options: FileOptions) {
    this.#options = options;
    this.#path = options.path;
    this.#connect();
  }

  get problem(): string | null {
    return [this.#problem, this.#notice].filter((text) => text !== null).join('; ') || null;
  }

  /** Failed accesses, and files that were given up for a new one, since the start. */
  get counts(): { readonly errors: number; readonly replaced: number } {
    return { errors: this.#errors, replaced: this.#replaced };
  }

  /** Null where the file cannot be used now. */
  use<T>(what: 'read' | 'write', work: (tables: Tables) => T): T | null {
    if (this.#closed) return null;
    this.#look();
    if (!this.#tables) return null;
    try {
      const result = work(this.#tables);
      if (what === 'write') this.#checkpoints?.wrote();
      return result;
    } catch (error) {
      this.failed(what, error);
      if (isDamage(error)) this.#replace();
      return null;
    }
  }

  /** What was wrong is over: something was written. */
  well(): void {
    this.#problem = null;
  }

  /** Counts what went wrong, and says it once, not with every access that fails alike. */
  failed(what: 'open' | 'read' | 'write', error: unknown): void {
    this.#errors += 1;
    const problem = `history: cannot ${what} ${this.#path}: ${messageOf(error)}; scores go on without it`;
    if (problem !== this.#problem)
      this.#options.log.error({ err: error, path: this.#path, what }, 'history is not available');
    this.#problem = problem;
  }

  close(): void {
    // As SQLite does it, unless a thread of ours has the file open too at that moment.
    if (this.#problem === null) this.use('write', (tables) => tables.settle());
    this.#closed = true;
    this.#disconnect();
  }

  #look(): void {
    const { clock, log } = this.#options;
    if (clock.mono() < this.#lookAt) return;
    this.#lookAt = clock.mono() + REOPEN_MS;
    if (this.#tables && inodeOf(this.#path) !== this.#inode) {
      this.#replaced += 1;
      log.error(
        { path: this.#path },
        'the history file was deleted or replaced while it was in use; it is opened anew',
      );
      this.#disconnect();
    }
    if (!this.#tables) this.#connect();
  }

  #connect(mayReplace = true): void {
    const { clock, log, open = openDatabase, onOpen } = this.#options;
    this.#lookAt = clock.mono() + REOPEN_MS;
    try {
      this.#database = open(this.#path, migrations, log, () => (this.#replaced += 1));
      this.#tables = new Tables(this.#database);
      this.#inode = inodeOf(this.#path);
      this.#checkpoints = new Checkpoints(this.#database, this.#path, (why) =>
        log.warn(
          { path: this.#path, why },
          'the log of the history file cannot be brought into it; it grows meanwhile',
        ),
      );
      this.#tables.prepareToShrink(REWRITE_BYTES);
      onOpen(this.#tables, (error) => this.failed('read', error));
    } catch (error) {
      this.#disconnect();
      if (isForeign(error) && this.#path === this.#options.path) return this.#goBeside(error);
      this.failed('open', error);
      if (isDamage(error) && mayReplace) this.#replace();
    }
  }

  #disconnect(): void {
    this.#checkpoints?.stop();
    this.#checkpoints = null;
    try {
      this.#database?.close();
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the history file did not close cleanly');
    }
    this.#database = null;
    this.#tables = null;
  }

  /** The file is somebody else's: it stays untouched, and history is kept in one beside it. */
  #goBeside(error: unknown): void {
    this.#errors += 1;
    this.#replaced += 1;
    this.#path = this.#options.path.replace(/(\.[^./]*)?$/, '.beside$1');
    this.#notice = `history: ${messageOf(error)}; it is kept in ${this.#path} instead`;
    const { path, log } = this.#options;
    log.error(
      { err: error, path, beside: this.#path },
      'the history file is not ours to use; a new one is kept beside it',
    );
    this.#connect();
  }

  /** The file is damaged: keep it for a person to look at, go on in a new one. */
  #replace(): void {
    const { clock, log } = this.#options;
    this.#disconnect();
    try {
      const aside = moveAside(this.#path, clock.now());
      this.#replaced += 1;
      log.error({ path: this.#path, aside }, 'history file is damaged; moved aside, a new one is started');
    } catch (error) {
      log.error({ err: error, path: this.#path }, 'cannot move the damaged history file aside');
    }
    this.#connect(false);
  }
}
