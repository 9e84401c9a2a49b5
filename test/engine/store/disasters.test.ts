/** A history file to which everything happens that can happen to a file. Scores go on; what is wrong is said; nothing is lost but what must be. */
import { expect } from 'chai';
import BetterSqlite from 'better-sqlite3';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as defaults from '../../../config/defaults.js';
import { HistoryStore } from '../../../engine/store/index.js';
import { VirtualClock } from '../../fakes/clock.js';
import { hearLog, type HeardLog } from '../../support/log.js';
import { instanceScore, metricScore } from '../../support/scores.js';

/** Needs root, as the tests of NGINX do; where it cannot be had the test fails, and does not pass unseen. */
const mountTmpfs = (folder: string, options: string): void => {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'pipe' });
};

describe('a history file in trouble', () => {
  let folder: string;
  let clock: VirtualClock;
  let heard: HeardLog;
  let store: HistoryStore;
  const mounts: string[] = [];
  const path = (): string => join(folder, 'history.db');

  const open = (): HistoryStore =>
    new HistoryStore({ path: path(), limits: defaults.engine.history, clock, log: heard.log });
  /** An evaluation each 5 s, as an engine writes it; the times. */
  const live = (times: number): number[] =>
    Array.from({ length: times }, () => {
      const at = clock.now();
      // Noise does not compress: a disk of a megabyte is soon full.
      const metrics = Array.from({ length: 20 }, (_, i) => metricScore({ name: `m${i}`, value: Math.random() }));
      store.record(instanceScore({ at }), metrics);
      while (store.flush());
      store.tidy();
      clock.jump(5_000);
      return at;
    });
  const kept = (): number[] =>
    store.read('orders', 'orders-1', 0, Infinity).flatMap(({ points }) => points.map(({ at }) => at));
  /** Later than a file that failed is tried again. */
  const later = async (): Promise<void> => {
    await clock.advance(20_000);
    store.flush();
  };
  const said = (message: RegExp): number => heard.lines.filter(({ msg }) => message.test(String(msg))).length;
  const others = (): readonly string[] =>
    readdirSync(folder).filter((name) => !/^history\.db(?:-wal|-shm)?$/.test(name) && !/-(?:wal|shm)$/.test(name));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-trouble-'));
    clock = new VirtualClock();
    heard = hearLog('warn');
  });
  afterEach(() => {
    store.close();
    for (const mount of mounts.splice(0)) execFileSync('umount', ['-l', mount]);
    rmSync(folder, { recursive: true, force: true });
  });

  const onTmpfs = (options: string): void => {
    mountTmpfs(folder, options);
    mounts.push(folder);
  };

  it('on a disk that is really full: says so once, keeps what it can in memory, and goes on when there is room', async function () {
    onTmpfs('size=1m');
    store = open();
    const before = live(20);
    writeFileSync(join(folder, 'filler'), Buffer.alloc(statSync(folder).blksize));
    try {
      writeFileSync(join(folder, 'filler'), Buffer.alloc(2 * 1024 * 1024));
    } catch (error) {
      expect(error).to.have.property('code', 'ENOSPC');
    }
    const during = live(400);
    expect(store.problem).to.match(/cannot write .*history\.db: .*(?:full|I\/O)/);
    expect(said(/history is not available/)).to.be.within(1, 3);
    expect(kept()).to.deep.equal([...before, ...during]);
    rmSync(join(folder, 'filler'));
    await later();
    const after = live(5);
    expect(store.problem).to.equal(null);
    expect(kept()).to.deep.equal([...before, ...during, ...after]);
    store.close();
    store = open();
    expect(kept()).to.deep.equal([...before, ...during, ...after]);
    expect(others()).to.deep.equal([]);
  });

  it('on a disk that is full from the start: runs without, and begins when there is room', async function () {
    onTmpfs('size=256k');
    try {
      writeFileSync(join(folder, 'filler'), Buffer.alloc(1024 * 1024));
    } catch (error) {
      expect(error).to.have.property('code', 'ENOSPC');
    }
    store = open();
    const during = live(10);
    expect(store.problem).to.match(/^history: cannot open /);
    expect(kept()).to.deep.equal(during);
    rmSync(join(folder, 'filler'));
    await later();
    live(1);
    expect(store.problem).to.equal(null);
  });

  it('in a folder that turns read-only: says so, and goes on when it is writable again', async function () {
    onTmpfs('size=4m');
    store = open();
    live(5);
    store.close();
    execFileSync('mount', ['-o', 'remount,ro', folder]);
    store = open();
    const during = live(5);
    expect(store.problem).to.match(/^history: cannot (?:open|write) /);
    expect(kept().slice(-5)).to.deep.equal(during);
    execFileSync('mount', ['-o', 'remount,rw', folder]);
    await later();
    live(1);
    expect(store.problem).to.equal(null);
    expect(others()).to.deep.equal([]);
  });

  it('damaged while nothing ran: moved beside itself and counted, and a new one is begun', () => {
    writeFileSync(join(folder, 'history.db'), 'this is no database, whatever it was before'.repeat(200));
    store = open();
    const after = live(3);
    expect(store.counts.replaced).to.equal(1);
    expect(store.problem).to.equal(null);
    expect(kept()).to.deep.equal(after);
    expect(others()).to.have.length(1);
    expect(others()[0]).to.match(/^history\.db\.corrupt-/);
  });

  it('deleted while it is in use: a new one is begun, and said so', async () => {
    store = open();
    live(5);
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    await later();
    const after = live(3);
    expect(said(/was deleted or replaced/)).to.equal(1);
    expect(store.counts.replaced).to.equal(1);
    expect(store.problem).to.equal(null);
    store.close();
    store = open();
    expect(kept().slice(-3)).to.deep.equal(after);
  });

  it('deleted with its folder: both are made anew', async () => {
    store = open();
    live(5);
    rmSync(folder, { recursive: true });
    await later();
    const after = live(3);
    store.close();
    expect(existsSync(path())).to.equal(true);
    store = open();
    expect(kept().slice(-3)).to.deep.equal(after);
  });

  it('of another program: stays as it is, byte for byte, and history is kept beside it', () => {
    const other = new BetterSqlite(path());
    other.exec("CREATE TABLE customers (name TEXT); INSERT INTO customers VALUES ('ana')");
    other.close();
    const before = readFileSync(path());
    store = open();
    const seen = live(3);
    expect(store.problem).to.match(/is a database of another program; it is kept in .*history\.beside\.db instead$/);
    store.close();
    expect(readFileSync(path()).equals(before)).to.equal(true);
    store = open();
    expect(kept()).to.deep.equal(seen);
  });

  it('of a newer version: stays as it is, and history is kept beside it until that version is back', () => {
    store = open();
    const old = live(3);
    store.close();
    const newer = new BetterSqlite(path());
    newer.pragma('user_version = 99');
    newer.close();
    const before = readFileSync(path());
    store = open();
    const seen = live(3);
    expect(store.problem).to.match(/has schema 99, this program knows 3; it is kept in .*history\.beside\.db/);
    expect(kept()).to.deep.equal(seen);
    store.close();
    expect(readFileSync(path()).equals(before)).to.equal(true);
    const back = new BetterSqlite(path());
    back.pragma('user_version = 3');
    back.close();
    store = open();
    expect(kept()).to.deep.equal(old);
    expect(store.problem).to.equal(null);
  });

  it('of the version before: goes on with what it holds, and can give space back', () => {
    store = open();
    const old = live(90);
    store.close();
    const before = new BetterSqlite(path());
    before.exec('DROP TABLE minutes; DROP TABLE hours; DROP TABLE progress; DROP TABLE memory_parts');
    before.exec('ALTER TABLE series DROP COLUMN last; ALTER TABLE layouts DROP COLUMN last');
    before.pragma('auto_vacuum = NONE');
    before.exec('VACUUM');
    before.pragma('application_id = 0');
    before.pragma('user_version = 1');
    before.close();
    store = open();
    const seen = live(3);
    expect(kept()).to.deep.equal([...old, ...seen]);
    expect(store.problem).to.equal(null);
    store.close();
    const after = new BetterSqlite(path(), { readonly: true });
    expect(after.pragma('auto_vacuum', { simple: true })).to.equal(2);
    after.close();
  });

  /** The files as a crash leaves them, with the journal that was not folded in yet. */
  const crashed = (change: (wal: string) => void): void => {
    store = open();
    live(100);
    const copy = mkdtempSync(join(tmpdir(), 'ballast-crashed-'));
    for (const name of ['history.db', 'history.db-wal']) copyFileSync(join(folder, name), join(copy, name));
    store.close();
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    for (const name of ['history.db', 'history.db-wal']) copyFileSync(join(copy, name), join(folder, name));
    rmSync(copy, { recursive: true });
    change(join(folder, 'history.db-wal'));
    store = open();
  };

  for (const share of [0.9, 0.5, 0.1, 0])
    it(`with a journal cut to ${share * 100} %: what was written before the cut is there, in order`, () => {
      crashed((wal) => truncateSync(wal, Math.floor(statSync(wal).size * share)));
      const times = kept();
      expect(times).to.deep.equal([...times].sort((a, b) => a - b));
      const after = live(3);
      expect(kept().slice(-3)).to.deep.equal(after);
      expect(store.problem).to.equal(null);
    });

  it('with noise in its journal: what is whole is believed, nothing else', () => {
    crashed((wal) => {
      const bytes = readFileSync(wal);
      bytes.fill(0x5a, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 5_000);
      writeFileSync(wal, bytes);
    });
    const times = kept();
    expect(times.length).to.be.below(101);
    const after = live(3);
    expect(kept()).to.deep.equal([...times, ...after]);
  });
});
