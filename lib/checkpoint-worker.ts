/** The thread that moves what a database's log holds into the database: it waits for the disk, so that nobody else has to. */
import { parentPort, workerData } from 'node:worker_threads';
import BetterSqlite from 'better-sqlite3';
import { messageOf } from './errors.js';

/** What went wrong; null: nothing did. A writer is never held up by it. */
const checkpoint = (path: string): string | null => {
  try {
    const database = new BetterSqlite(path, { fileMustExist: true });
    try {
      database.pragma('wal_checkpoint(PASSIVE)');
    } finally {
      database.close();
    }
    return null;
  } catch (error) {
    return messageOf(error);
  }
};

parentPort?.on('message', () => parentPort?.postMessage(checkpoint(String(workerData))));
