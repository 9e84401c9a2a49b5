import { Worker } from 'node:worker_threads';
import type { Database } from './sqlite.js';

/** Writes after which the log is brought into the database. */
const EVERY = 32;
/** Pages of the log (64 MiB) at which the writer does it itself after all: the thread is dead, or far too slow. */
const AT_LAST = 16_384;

/**
 * Brings a database's log (WAL) into the database from a thread of its own. It waits for the disk twice each time, which may
 * take a second where others write too, and whoever happens to write when SQLite finds it due would stand still for so long.
 */
export class Checkpoints {
  readonly #path: string;
  readonly #trouble: (why: string) => void;
  #worker: Worker | null = null;
  #writes = 0;
  #problem: string | null = null;

  /** `trouble` hears of what failed, once; the log grows until it is over. */
  constructor(database: Database, path: string, trouble: (why: string) => void) {
    this.#path = path;
    this.#trouble = trouble;
    database.pragma(`wal_autocheckpoint = ${AT_LAST}`);
  }

  /** Something was written. */
  wrote(): void {
    this.#writes += 1;
    if (this.#writes < EVERY || this.#worker !== null) return;
    this.#writes = 0;
    this.#start();
  }

  /** No more of it. What is under way is given up, which loses nothing. */
  stop(): void {
    const worker = this.#worker;
    worker?.removeAllListeners();
    worker?.on('error', () => undefined);
    void worker?.terminate();
  }

  /** A thread for each time: between them it would only take memory. */
  #start(): void {
    let problem: string | null = null;
    const worker = new Worker(new URL('./checkpoint-worker.js', import.meta.url), { workerData: this.#path });
    this.#worker = worker;
    worker.unref();
    worker.on('error', ({ message }) => (problem = message));
    worker.on('exit', () => {
      this.#worker = null;
      if (problem !== null && problem !== this.#problem) this.#trouble(problem);
      this.#problem = problem;
    });
  }
}
