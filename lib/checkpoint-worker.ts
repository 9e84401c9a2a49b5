/** A thread that moves what a database's log holds into the database, once: it waits for the disk, so that nobody else has to. */
import { workerData } from 'node:worker_threads';
import BetterSqlite from 'better-sqlite3';

const database = new BetterSqlite(String(workerData), { fileMustExist: true });
try {
  // A writer is never held up by it.
  database.pragma('wal_checkpoint(PASSIVE)');
} finally {
  database.close();
}
