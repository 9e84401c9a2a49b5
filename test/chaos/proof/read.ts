import { openReadOnly } from '../../../lib/sqlite.js';
import { JournalStore } from '../../../scheduler/journal/store.js';
import type { TestifiedJournal } from './evidence.js';

const everything = 1_000_000;

/** A scheduler's journal as it stands on the disk. */
export const readJournal = (name: string, path: string): TestifiedJournal => {
  const database = openReadOnly(path);
  try {
    const store = new JournalStore(database);
    return { name, entries: store.read({ after: 0, limit: everything }), actions: store.actions(everything) };
  } finally {
    database.close();
  }
};
