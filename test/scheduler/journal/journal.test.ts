import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../../lib/log.js';
import { type Database, openDatabase } from '../../../lib/sqlite.js';
import { Journal, type NewEntry } from '../../../scheduler/journal/index.js';
import type { Action } from '../../../scheduler/client/index.js';
import { JournalStore, migrations } from '../../../scheduler/journal/store.js';
import { anAction } from '../../support/world.js';

const log = createLog({ level: 'silent', name: 'test' });

const line = (text: string, over: Partial<NewEntry> = {}): NewEntry => ({
  at: 1_000,
  kind: 'traffic',
  service: 'orders',
  instance: 'orders-1',
  action: null,
  code: 'RED',
  text,
  token: 7,
  data: { weight: 0 },
  ...over,
});

describe('journal', () => {
  let folder: string;
  let db: Database;
  let store: JournalStore;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-journal-'));
    db = openDatabase(join(folder, 'journal.db'), migrations, log);
    store = new JournalStore(db);
  });
  afterEach(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });

  it('keeps lines in order and gives the newest first cut off, oldest first', () => {
    store.append([line('one'), line('two'), line('three')]);
    expect(store.read({ limit: 2 }).map((entry) => entry.text)).to.deep.equal(['two', 'three']);
    expect(store.read({ limit: 9, after: 1 }).map((entry) => entry.seq)).to.deep.equal([2, 3]);
    expect(store.read({ limit: 9 })[0]).to.deep.include({ ...line('one'), seq: 1 });
  });

  it('filters by service, instance and action', () => {
    store.append([line('a'), line('b', { instance: 'orders-2' }), line('c', { service: 'users', action: 'x' })]);
    expect(store.read({ limit: 9, service: 'orders' })).to.have.length(2);
    expect(store.read({ limit: 9, service: 'orders', instance: 'orders-2' }).map((e) => e.text)).to.deep.equal(['b']);
    expect(store.read({ limit: 9, action: 'x' }).map((e) => e.text)).to.deep.equal(['c']);
  });

  it('tells a new leader of what its predecessor began or ended without a word, and records it', () => {
    const journal = new Journal(store, log);
    const under = (id: string, over: Partial<Action> = {}): Action => anAction({ id, ...over });
    journal.write([], [under('ended', { phase: 'verifying' })]);
    journal.write([], [under('known', { phase: 'draining' })]);
    const ended = { phase: 'closed', outcome: 'verified', outcomeText: 'green for 10 s' } as const;
    const found = [
      under('ended', ended),
      under('of another', ended),
      under('known', { phase: 'draining' }),
      under('begun', { phase: 'stepping' }),
    ];
    journal.takeOver(found, 9, 2_000);
    journal.takeOver(found, 9, 3_000);
    expect(journal.read({ limit: 9 }).map(({ action, text }) => [action, text])).to.deep.equal([
      ['ended', 'finds its restart ended under token 7: verified: green for 10 s'],
      ['of another', 'finds its restart ended under token 7: verified: green for 10 s'],
      ['begun', 'takes over its restart, stepping, written under token 7'],
    ]);
    expect(journal.actions(9).map(({ id }) => id)).to.have.members(['ended', 'of another', 'known', 'begun']);
  });

  it('is append-only in the database itself', () => {
    store.append([line('one')]);
    expect(() => db.exec("UPDATE journal SET text = 'other'")).to.throw('append-only');
    expect(() => db.exec('DELETE FROM journal')).to.throw('append-only');
  });

  it('keeps what a full disk refuses, says so, and writes it in order once there is room', () => {
    const pages = Number(db.pragma('page_count', { simple: true }));
    db.pragma(`max_page_count = ${pages}`);
    const journal = new Journal(store, log);
    const long = 'x'.repeat(5_000);
    for (let i = 0; i < 20; i++) journal.write([line(`${i} ${long}`)]);
    expect(journal.trouble()).to.match(/cannot be written .*lines wait in memory.*free disk space/);
    const before = store.read({ limit: 99 }).length;
    expect(before).to.be.below(20);
    db.pragma('max_page_count = 100000');
    journal.write([line('last')]);
    expect(journal.trouble()).to.equal(null);
    expect(store.read({ limit: 99 }).map((entry) => entry.text.split(' ')[0])).to.deep.equal([
      ...Array.from({ length: 20 }, (_, i) => String(i)),
      'last',
    ]);
  });
});
