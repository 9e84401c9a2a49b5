import { expect } from 'chai';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as defaults from '../../../config/defaults.js';
import { CHUNK_MS, HistoryStore } from '../../../engine/store/index.js';
import { migrations } from '../../../engine/store/schema.js';
import { createLog } from '../../../lib/log.js';
import { openDatabase, type Database } from '../../../lib/sqlite.js';
import { VirtualClock } from '../../fakes/clock.js';
import { instanceScore, metricScore } from '../../support/scores.js';

const log = createLog({ level: 'silent', name: 'test' });

describe('the history store', () => {
  let folder: string;
  let clock: VirtualClock;
  const path = (): string => join(folder, 'engine.sqlite');
  const limits = defaults.engine.history;
  const open = (): HistoryStore => new HistoryStore({ path: path(), limits, clock, log });
  const record = (store: HistoryStore, change: Parameters<typeof instanceScore>[0] = {}, value = 0.5): void =>
    store.record(instanceScore({ at: clock.now(), ...change }), [metricScore({ value })]);
  const timesOf = (store: HistoryStore, instance = 'orders-1'): number[] =>
    store.read('orders', instance, 0, Infinity).flatMap(({ points }) => points.map(({ at }) => at));
  const count = (table: string): number => {
    const database = openDatabase(path(), migrations, log);
    const row = database.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${table}`).get();
    database.close();
    return row?.n ?? -1;
  };

  /** Another connection moves everything into the main file, so that ours must read it again; then its pages turn to noise. */
  const damage = (): void => {
    const other = openDatabase(path(), migrations, log);
    other.exec('UPDATE policies SET since = since + 1');
    other.pragma('wal_checkpoint(TRUNCATE)');
    other.close();
    const bytes = readFileSync(path());
    writeFileSync(path(), bytes.fill(0x5a, 4096));
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-store-'));
    clock = new VirtualClock();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** An evaluation and a flush each 5 s. */
  const run = async (
    store: HistoryStore,
    times: number,
    change: Parameters<typeof instanceScore>[0] = {},
  ): Promise<number[]> => {
    const seen: number[] = [];
    for (let i = 0; i < times; i += 1) {
      seen.push(clock.now());
      record(store, change);
      store.flush();
      await clock.advance(5_000);
    }
    return seen;
  };

  it('reads back every evaluation once and in order, across chunks, the open one and what waits', async () => {
    const store = open();
    const seen = await run(store, 150);
    record(store);
    expect(timesOf(store)).to.deep.equal([...seen, clock.now()]);
    store.close();
    expect(count('chunks')).to.be.within(2, 3);
  });

  it('answers a range, with metric names, policy and the numbers that were judged', async () => {
    const store = open();
    const start = clock.now();
    await run(store, 10, { zone: 'red', score: 20, smoothed: 25, policy: 'p7' });
    const [chunk, ...rest] = store.read('orders', 'orders-1', start + 5_000, start + 10_000);
    expect(rest).to.deep.equal([]);
    expect(chunk?.judged).to.deep.equal({ service: 'orders', instance: 'orders-1', policy: 'p7', metrics: ['cpu'] });
    expect(chunk?.points).to.have.length(2);
    expect(chunk?.points[0]).to.deep.equal({
      at: start + 5_000,
      zone: 'red',
      up: 'up',
      raw: 20,
      smoothed: 25,
      levels: { app: 100, system: null, gateway: null },
      metrics: [{ value: 0.5, penalty: 0, status: 'judged' }],
    });
    store.close();
  });

  it('survives a crash with all that was flushed, and goes on in the same chunk', async () => {
    const first = open();
    const seen = await run(first, 90);
    record(first);
    // No close: the process died here. What was not flushed is gone.
    const second = open();
    expect(timesOf(second)).to.deep.equal(seen);
    const more = await run(second, 90);
    second.close();
    expect(timesOf(open())).to.deep.equal([...seen, ...more]);
    expect(count('chunks')).to.be.within(3, 4);
  });

  it('keeps the log no longer than its chunk is open', async () => {
    const store = open();
    await run(store, 200);
    store.close();
    expect(count('log')).to.be.at.most(CHUNK_MS / 5_000);
  });

  it('writes the chunk of an instance that is gone', async () => {
    const store = open();
    record(store);
    await clock.advance(CHUNK_MS + 1);
    store.flush();
    store.close();
    expect(count('chunks')).to.equal(1);
    expect(count('log')).to.equal(0);
  });

  it('starts a new chunk when the policy changes', async () => {
    const store = open();
    await run(store, 2, { policy: 'p1' });
    await run(store, 2, { policy: 'p2' });
    expect(store.read('orders', 'orders-1', 0, Infinity).map(({ judged }) => judged.policy)).to.deep.equal([
      'p1',
      'p2',
    ]);
    store.close();
  });

  it('does not mix instances or services up', async () => {
    const store = open();
    record(store, { instance: 'orders-1' });
    record(store, { instance: 'orders-2' });
    record(store, { service: 'users', instance: 'orders-1' });
    store.flush();
    expect(timesOf(store)).to.have.length(1);
    expect(timesOf(store, 'orders-2')).to.have.length(1);
    expect(timesOf(store, 'orders-3')).to.deep.equal([]);
    store.close();
  });

  it('survives a wall clock that is set back', async () => {
    const store = open();
    await run(store, 3);
    clock.jump(-3_600_000);
    const after = await run(store, 3);
    expect(timesOf(store).filter((at) => after.includes(at))).to.deep.equal(after);
    store.close();
  });

  it('remembers state and policies across restarts', () => {
    const first = open();
    first.remember('orders', { zones: { 'orders-1': 'red' } });
    first.recordPolicy('p1', { metrics: ['cpu'] });
    expect(first.recall('orders')).to.deep.equal({ zones: { 'orders-1': 'red' } });
    first.close();
    const second = open();
    expect(second.recall('orders')).to.deep.equal({ zones: { 'orders-1': 'red' } });
    expect(second.policy('p1')).to.deep.equal({ metrics: ['cpu'] });
    expect(second.recall('users')).to.equal(null);
    second.close();
  });

  /** Every look at this clock takes a second: all time is up at once. */
  class HastyClock extends VirtualClock {
    #looks = 0;
    override mono(): number {
      this.#looks += 1;
      return super.mono() + 1_000 * this.#looks;
    }
  }
  /** As what 10,000 instances leave: some parts of 256 KiB, not all letters of one byte. */
  const large = (word: string): { text: string } => ({ text: `${word} grün `.repeat(100_000) });
  const parts = (): number => count('memory_parts');

  it('remembers much in several writes, and what was there before until all of it is', () => {
    clock = new HastyClock();
    const store = open();
    store.remember('orders', large('first'));
    store.remember('users', { small: true });
    let writes = 1;
    while (store.flush()) writes += 1;
    expect(writes).to.be.above(4);
    const before = parts();
    store.remember('orders', large('second'));
    store.flush();
    expect(store.recall('orders')).to.deep.equal(large('second'));
    const asAfterACrash = open();
    expect(asAfterACrash.recall('orders')).to.deep.equal(large('first'));
    expect(asAfterACrash.recall('users')).to.deep.equal({ small: true });
    asAfterACrash.close();
    while (store.flush());
    store.close();
    expect(parts()).to.equal(before);
    const next = open();
    expect(next.recall('orders')).to.deep.equal(large('second'));
    next.remember('orders', { small: true });
    while (next.flush());
    next.close();
    expect(parts()).to.equal(0);
    const last = open();
    expect(last.recall('orders')).to.deep.equal({ small: true });
    last.close();
  });

  it('remembers what comes in several texts, with characters that a part must not cut in two', () => {
    const store = open();
    const pieces = ['{"a":"', `x${'😀'.repeat(300_000)}`, '","b":"', '🙀'.repeat(300_000), '"}'];
    store.rememberTexts('orders', pieces);
    const expected: unknown = JSON.parse(pieces.join(''));
    expect(store.recall('orders')).to.deep.equal(expected);
    while (store.flush());
    store.close();
    const next = open();
    expect(next.recall('orders')).to.deep.equal(expected);
    next.close();
  });

  it('takes the newest where more is remembered while much is still being written', () => {
    clock = new HastyClock();
    const store = open();
    for (const word of ['first', 'second', 'third']) {
      store.remember('orders', large(word));
      store.flush();
      store.flush();
    }
    store.close();
    const next = open();
    expect(next.recall('orders')).to.deep.equal(large('third'));
    next.close();
  });

  it('does not let its log grow, however many are evaluated between two writes', () => {
    const store = open();
    const [instances, minutes] = [500, 30];
    for (let minute = 1; minute <= minutes; minute += 1) {
      for (let i = 0; i < instances; i += 1) record(store, { instance: `orders-${i}` });
      clock.jump(60_000);
      if (minute % 5 === 0) while (store.flush());
    }
    // What the open chunks hold is at most five minutes of each.
    const kept = count('log');
    expect(kept).to.be.within(1, instances * 6);
    store.close();
  });

  it('moves a damaged file aside at the start and goes on in a new one', async () => {
    writeFileSync(path(), 'this was a database once'.repeat(500));
    const store = open();
    await run(store, 3);
    expect(store.problem).to.equal(null);
    expect(timesOf(store)).to.have.length(3);
    store.close();
    expect(
      readdirSync(folder).filter((name) => /^engine\.sqlite\..+/.test(name) && !/-(wal|shm)$/.test(name)),
    ).to.have.length(1);
  });

  it('moves a file that gets damaged while open aside, keeps policies, and goes on', async () => {
    const store = open();
    store.recordPolicy('p1', { metrics: ['cpu'] });
    await run(store, 3);
    damage();
    await run(store, 3);
    expect(store.counts.errors).to.be.above(0);
    await clock.advance(20_000);
    await run(store, 2);
    expect(store.problem).to.equal(null);
    store.close();
    expect(readdirSync(folder).some((name) => name.includes('corrupt'))).to.equal(true);
    expect(open().policy('p1')).to.deep.equal({ metrics: ['cpu'] });
  });

  it('says what is wrong with a full disk, loses nothing of it in memory, and catches up', async () => {
    const opened: Database[] = [];
    const openTight: typeof openDatabase = (...how) => {
      const database = openDatabase(...how);
      opened.push(database);
      return database;
    };
    const limitPages = (pages: number): void =>
      opened.forEach((database) => database.pragma(`max_page_count = ${pages}`));
    const store = new HistoryStore({ path: path(), limits, clock, log, open: openTight });
    const before = await run(store, 3);
    limitPages(1); // SQLite takes the present size for the least that is possible, and answers SQLITE_FULL beyond it.
    const during = await run(store, 70);
    expect(store.problem).to.match(/cannot write .*full/);
    expect(store.counts.errors).to.be.above(0);
    expect(timesOf(store)).to.deep.equal([...before, ...during]);
    limitPages(100_000);
    store.flush();
    expect(store.problem).to.equal(null);
    store.close();
    expect(timesOf(open())).to.deep.equal([...before, ...during]);
  });

  it('runs without a file when there is nowhere to write, and says so', async () => {
    writeFileSync(join(folder, 'blocked'), '');
    const store = new HistoryStore({ path: join(folder, 'blocked', 'engine.sqlite'), limits, clock, log });
    await run(store, 3);
    expect(store.problem).to.match(/cannot open/);
    expect(timesOf(store)).to.have.length(3);
    rmSync(join(folder, 'blocked'));
    await clock.advance(20_000);
    store.flush();
    expect(store.problem).to.equal(null);
    store.close();
  });
});
