/** Journals as files: of a scheduler that is stopped, or copies of several. Nothing in them is changed. */
import { BallastError, messageOf } from '../../lib/errors.js';
import { openReadOnly } from '../../lib/sqlite.js';
import type { JournalReport } from '../client/index.js';
import { JournalStore } from './store.js';
import { Verification } from './verify.js';

const pageLines = 1_000;

/**
 * `complete`: the journals of every scheduler that ever led are here. The ledger is not at hand, so that an act which may
 * still be open is a note. Throws a BallastError for a file that is no journal.
 */
export const verifyFiles = (paths: readonly string[], complete: boolean): JournalReport => {
  const verification = new Verification();
  const wanted = paths.flatMap((path) => {
    const database = openReadOnly(path);
    try {
      const store = new JournalStore(database);
      for (let after = 0; ;) {
        const page = store.read({ after, limit: pageLines });
        for (const entry of page) verification.add(path, entry);
        if (page.length < pageLines) break;
        after = page.at(-1)?.seq ?? after;
      }
      return store.wanted();
    } catch (thrown) {
      throw new BallastError('NO_JOURNAL', `${path} cannot be read as a journal: ${messageOf(thrown)}`, {
        hint: "name the scheduler's journal.db, or a copy of it together with its -wal file",
        cause: thrown,
      });
    } finally {
      database.close();
    }
  });
  return verification.report({ open: null, complete, token: null }, wanted);
};
