import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyJournal } from '../../../cli/commands/journal.js';
import { BallastError } from '../../../lib/errors.js';
import { createLog } from '../../../lib/log.js';
import { type Database, openDatabase } from '../../../lib/sqlite.js';
import type { JournalReport } from '../../../scheduler/client/index.js';
import { verifyFiles } from '../../../scheduler/journal/files.js';
import { Journal, type NewEntry } from '../../../scheduler/journal/index.js';
import { JournalStore, migrations } from '../../../scheduler/journal/store.js';
import { ioWith } from '../../support/io.js';
import { anAction } from '../../support/world.js';

const log = createLog({ level: 'silent', name: 'test' });
const phase = (name: string, at: number, over: Partial<NewEntry> = {}): NewEntry => ({
  at,
  kind: 'heal',
  service: 'orders',
  instance: 'orders-1',
  action: 'a',
  code: 'INTENT',
  text: name,
  token: 7,
  data: { phase: name, outcome: name === 'closed' ? 'overtaken' : null, step: 'restart' },
  ...over,
});

describe('a journal on the disk, verified', () => {
  let folder: string;
  const open: Database[] = [];
  const journalAt = (name: string): { path: string; db: Database; journal: Journal } => {
    const path = join(folder, name);
    const db = openDatabase(path, migrations, log);
    open.push(db);
    return { path, db, journal: new Journal(new JournalStore(db), log) };
  };
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'ballast-verify-'))));
  afterEach(() => {
    for (const db of open.splice(0)) db.close();
    rmSync(folder, { recursive: true });
  });

  it('is read page by page, and the ledger asked only when all lines were read', async () => {
    const { journal } = journalAt('journal.db');
    for (let nth = 0; nth < 1_200; nth++)
      journal.write([phase('intent', nth, { action: `a${nth}` }), phase('closed', nth, { action: `a${nth}` })]);
    journal.write([phase('intent', 9_999, { action: 'late' })], [anAction({ id: 'late' })]);
    const before = await journal.verify(() => ({ open: new Set(['late']), complete: false, token: 7 }));
    expect(before).to.deep.include({ whole: true, actions: 1_201 });
    const after = await journal.verify(() => ({ open: new Set(), complete: false, token: 7 }));
    expect(after.faults.map(({ rule, action }) => [rule, action])).to.deep.equal([['no-outcome', 'late']]);
  });

  it('confesses lines that it had to drop, in their place', async () => {
    const { journal, db } = journalAt('journal.db');
    db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true }))}`);
    journal.write(Array.from({ length: 10_400 }, (_, nth) => phase('intent', nth, { kind: 'traffic', action: null })));
    expect(journal.size()).to.deep.include({ lines: 0, waiting: 10_000 });
    db.pragma('max_page_count = 100000');
    journal.write([phase('intent', 20_000, { kind: 'traffic', action: null })]);
    const report = await journal.verify(() => ({ open: new Set(), complete: false, token: 7 }));
    expect(report.faults.map(({ rule, text }) => [rule, text])).to.deep.equal([
      ['lost', '400 lines were dropped here: they could not be written, and too many waited'],
    ]);
  });

  it('is verified over the files of two schedulers, and tells what is no journal', () => {
    const first = journalAt('first.db');
    const second = journalAt('second.db');
    first.journal.write([phase('intent', 1)]);
    second.journal.write([phase('intent', 2, { kind: 'leader', token: 9 }), phase('closed', 3, { token: 9 })]);
    expect(verifyFiles([first.path, second.path], true)).to.deep.include({ whole: true, actions: 1, notes: [] });
    const other = join(folder, 'other.db');
    writeFileSync(other, 'no database at all, but long enough to be looked at as if it were one');
    expect(() => verifyFiles([other], false))
      .to.throw(BallastError)
      .with.property('message')
      .that.includes('other.db cannot be read as a journal');
    expect(() => verifyFiles([join(folder, 'none.db')], false)).to.throw('none.db');
  });

  it('exits with 1 when it is not whole, and says where', async () => {
    const { journal, path } = journalAt('journal.db');
    journal.write([phase('closed', 5)]);
    const asked = (): never => {
      throw new Error('files need no scheduler');
    };
    let out = '';
    const io = ioWith({ out: (text) => void (out += text) });
    expect(await verifyJournal(io, asked, [path], { output: 'table', complete: false })).to.equal(1);
    expect(out).to.include('no-intent').and.to.include('not whole: 1 fault in 1 action');
    out = '';
    expect(await verifyJournal(io, asked, [path], { output: 'json', complete: false })).to.equal(1);
    expect((JSON.parse(out) as JournalReport).faults[0]).to.deep.include({ rule: 'no-intent', seq: 1 });
  });
});
