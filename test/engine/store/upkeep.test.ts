import { expect } from 'chai';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as defaults from '../../../config/defaults.js';
import { HistoryStore, type HistoryLimits } from '../../../engine/store/index.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../engine/store/tiers.js';
import { createLog } from '../../../lib/log.js';
import { openReadOnly } from '../../../lib/sqlite.js';
import { VirtualClock } from '../../fakes/clock.js';
import { instanceScore, metricScore } from '../../support/scores.js';

const log = createLog({ level: 'silent', name: 'test' });
/** Evaluations are a minute apart here, so that days pass quickly. */
const EVERY = MINUTE_MS;

/** A score that every minute is another one, and known beforehand. */
const scoreAt = (at: number): number => (at / EVERY) % 97;

describe('what becomes of history as it grows old', () => {
  let folder: string;
  let clock: VirtualClock;
  const path = (): string => join(folder, 'history.db');
  const open = (change: Partial<HistoryLimits> = {}): HistoryStore =>
    new HistoryStore({ path: path(), limits: { ...defaults.engine.history, ...change }, clock, log });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-upkeep-'));
    clock = new VirtualClock();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (store: HistoryStore): void => {
    while (store.flush());
    store.tidy();
  };
  /** Time passes; each minute every instance is evaluated, each hour written. */
  const live = (store: HistoryStore, ms: number, instances = ['orders-1']): void => {
    const until = clock.now() + ms;
    for (let minute = 1; clock.now() < until; minute += 1) {
      const score = scoreAt(clock.now());
      for (const instance of instances)
        store.record(
          instanceScore({ at: clock.now(), instance, score, smoothed: score, zone: score < 50 ? 'red' : 'green' }),
          [
            metricScore({ value: score / 2, penalty: score / 100 }),
            metricScore({ name: 'noise', value: Math.random() }),
          ],
        );
      clock.jump(EVERY);
      if (minute % 60 === 0) write(store);
    }
    write(store);
  };
  const range = (store: HistoryStore, start: number, end: number, stepMs: number, instance = 'orders-1') =>
    store.history({ service: 'orders', instance, start, end, stepMs, metrics: ['cpu'] });

  it('answers by minutes and by hours what the evaluations themselves come to', () => {
    const store = open();
    const start = clock.now();
    live(store, 27 * HOUR_MS);
    const hours = range(store, start, start + DAY_MS, HOUR_MS);
    expect(hours.parts.map(({ resolution }) => resolution)).to.deep.equal(['hour']);
    expect(hours.aggregates).to.have.length(24);
    for (const { at, raw, zones, metrics, evaluations } of hours.aggregates) {
      const scores = Array.from({ length: 60 }, (_, i) => scoreAt(at + i * EVERY));
      const mean = scores.reduce((sum, each) => sum + each, 0) / 60;
      expect(evaluations).to.equal(60);
      expect(raw?.mean).to.be.closeTo(mean, 0.02);
      expect([raw?.min, raw?.max]).to.deep.equal([Math.min(...scores), Math.max(...scores)]);
      expect(zones.red).to.equal(scores.filter((each) => each < 50).length);
      expect(metrics[0]?.value?.mean).to.be.closeTo(mean / 2, 0.02);
    }
    const minutes = range(store, start + DAY_MS, start + DAY_MS + HOUR_MS, MINUTE_MS);
    expect(minutes.parts.map(({ resolution }) => resolution)).to.deep.equal(['minute']);
    expect(minutes.aggregates.map(({ at, raw }) => [at, raw?.mean])).to.deep.equal(
      Array.from({ length: 60 }, (_, i) => start + DAY_MS + i * EVERY).map((at) => [at, scoreAt(at)]),
    );
    store.close();
  });

  it('has no gap and no double where resolutions meet', () => {
    const store = open({ rawMs: 6 * HOUR_MS, minuteMs: DAY_MS });
    const start = clock.now();
    live(store, 3 * DAY_MS);
    const { parts, aggregates } = range(store, start, clock.now(), 0);
    expect(parts.map(({ resolution }) => resolution)).to.deep.equal(['hour', 'minute', 'raw']);
    expect(aggregates.reduce((sum, { evaluations }) => sum + evaluations, 0)).to.equal((3 * DAY_MS) / EVERY);
    expect(range(store, start, clock.now(), HOUR_MS).aggregates.map(({ at }) => at)).to.deep.equal(
      Array.from({ length: 3 * 24 }, (_, i) => start + i * HOUR_MS),
    );
    store.close();
  });

  it('forgets every evaluation after a day, minutes and hours after their own time', () => {
    const store = open({ rawMs: 4 * HOUR_MS, minuteMs: DAY_MS, hourMs: 2 * DAY_MS });
    const start = clock.now();
    live(store, 4 * DAY_MS);
    const now = clock.now();
    const raw = store.read('orders', 'orders-1', 0, Infinity)[0]?.points[0]?.at ?? 0;
    expect(now - raw).to.be.within(4 * HOUR_MS, 6 * HOUR_MS);
    const { parts, aggregates } = range(store, start, now, 0);
    expect(parts[0]?.resolution).to.equal('hour');
    expect(now - (aggregates[0]?.at ?? 0)).to.be.within(2 * DAY_MS, 3 * DAY_MS + HOUR_MS);
    const minutes = aggregates.find(({ evaluations }) => evaluations === 1);
    expect(now - (minutes?.at ?? 0)).to.be.within(DAY_MS, 2 * DAY_MS + 2 * HOUR_MS);
    store.close();
  });

  it('does not forget what does not stand in the next tier yet', () => {
    const store = open({ rawMs: 2 * HOUR_MS });
    const start = clock.now();
    for (let minute = 0; minute < 600; minute += 1) {
      store.record(instanceScore({ at: clock.now() }), []);
      clock.jump(EVERY);
      store.flush();
    }
    write(store);
    expect(range(store, start, clock.now(), MINUTE_MS).aggregates).to.have.length(600);
    store.close();
  });

  it('stays under its size, gives space back, and gives up the finest and oldest first', () => {
    const maxBytes = 300_000;
    const store = open({ maxBytes });
    const names = Array.from({ length: 5 }, (_, i) => `orders-${i}`);
    const start = clock.now();
    live(store, 2.5 * DAY_MS, names);
    for (let i = 0; i < 5; i += 1) write(store);
    const { parts } = range(store, start, clock.now(), 0, 'orders-3');
    expect(parts.map(({ resolution }) => resolution)).to.deep.equal(['hour', 'minute', 'raw']);
    const rawFrom = store.read('orders', 'orders-3', 0, Infinity)[0]?.points[0]?.at ?? 0;
    expect(clock.now() - rawFrom).to.be.within(2 * HOUR_MS, DAY_MS / 2);
    expect(clock.now() - (parts[1]?.from ?? 0)).to.be.above(DAY_MS);
    store.close();
    expect(statSync(path()).size).to.be.at.most(maxBytes);
    const before = open({ maxBytes: 10 * maxBytes });
    before.close();
    const smaller = open({ maxBytes: maxBytes / 2 });
    for (let i = 0; i < 20; i += 1) write(smaller);
    smaller.close();
    expect(statSync(path()).size).to.be.at.most(maxBytes / 2);
  });

  it('goes on after a restart in the middle of an hour, and after days of silence', () => {
    const start = clock.now();
    for (const ms of [90 * MINUTE_MS, 7 * MINUTE_MS, 100 * MINUTE_MS]) {
      const store = open();
      live(store, ms);
      store.close();
    }
    const silentFrom = clock.now();
    clock.jump(3 * DAY_MS);
    const store = open();
    live(store, DAY_MS);
    const before = range(store, start, silentFrom, HOUR_MS).aggregates;
    expect(before.reduce((sum, { evaluations }) => sum + evaluations, 0)).to.equal((silentFrom - start) / EVERY);
    const after = range(store, silentFrom, clock.now(), HOUR_MS).aggregates;
    expect(after.reduce((sum, { evaluations }) => sum + evaluations, 0)).to.equal(DAY_MS / EVERY);
    store.close();
  });

  it('works in slices that end when their time is up, and comes to the same', () => {
    /** A clock on which every look takes a millisecond. */
    class SlowClock extends VirtualClock {
      #looks = 0;
      override mono(): number {
        this.#looks += 1;
        return super.mono() + this.#looks;
      }
    }
    clock = new SlowClock();
    const store = open();
    const names = Array.from({ length: 15 }, (_, i) => `orders-${i}`);
    const start = clock.now();
    live(store, 5 * HOUR_MS, names);
    for (let i = 0; i < 100; i += 1) write(store);
    for (const name of names) {
      const { parts, aggregates } = range(store, start, start + 3 * HOUR_MS, MINUTE_MS, name);
      expect(parts.map(({ resolution }) => resolution)).to.deep.equal(['minute']);
      expect(aggregates).to.have.length(3 * 60);
    }
    store.close();
  });

  it('forgets instances, policies and services of which nothing is kept any more, and takes them back', () => {
    const limits = { rawMs: 2 * HOUR_MS, minuteMs: DAY_MS, hourMs: 3 * DAY_MS };
    const rows = (table: string): unknown[] => {
      const database = openReadOnly(path());
      const column = { series: 'instance', layouts: 'policy', policies: 'hash', memory: 'service' }[table] ?? '';
      const found = database.prepare<[], { name: string }>(`SELECT ${column} AS name FROM ${table} ORDER BY 1`).all();
      database.close();
      return found.map(({ name }) => name);
    };
    const before = open(limits);
    before.remember('gone', { some: 'state' });
    before.recordPolicy('old', { metrics: ['cpu'] });
    for (const instance of ['orders-gone', 'orders-back'])
      before.record(instanceScore({ at: clock.now(), instance, policy: 'old' }), [metricScore()]);
    before.close();
    const store = open(limits);
    store.recordPolicy('idle', { inForce: true });
    live(store, DAY_MS);
    expect(rows('series')).to.deep.equal(['orders-1', 'orders-back', 'orders-gone']);
    live(store, 7.5 * DAY_MS);
    expect(rows('series')).to.deep.equal(['orders-1']);
    expect(rows('layouts')).to.deep.equal(['p1']);
    expect(rows('policies')).to.deep.equal(['idle']);
    expect(rows('memory')).to.deep.equal([]);
    live(store, 10 * MINUTE_MS, ['orders-1', 'orders-back']);
    const back = store.read('orders', 'orders-back', 0, Infinity).flatMap(({ points }) => points);
    expect(back).to.have.length(10);
    store.close();
    const again = open(limits);
    expect(again.read('orders', 'orders-back', 0, Infinity).flatMap(({ points }) => points)).to.have.length(10);
    again.close();
  }).timeout(20_000);

  it('answers of a moment as finely as it still can', () => {
    const store = open({ rawMs: 4 * HOUR_MS, minuteMs: DAY_MS });
    const start = clock.now();
    live(store, 2.5 * DAY_MS);
    const at = (time: number) => store.at('orders', 'orders-1', time);
    expect(at(clock.now() - HOUR_MS + 30_000)).to.deep.include({ resolution: 'raw', evaluations: 1 });
    expect(at(clock.now() - HOUR_MS + 30_000)?.point.at).to.equal(clock.now() - HOUR_MS);
    expect(at(clock.now() - 20 * HOUR_MS + 30_000)).to.deep.include({ resolution: 'minute' });
    expect(at(clock.now() - 20 * HOUR_MS + 30_000)?.point.raw).to.equal(scoreAt(clock.now() - 20 * HOUR_MS));
    expect(at(start + 90 * MINUTE_MS)).to.deep.include({ resolution: 'hour', evaluations: 60 });
    expect(at(start - 1)).to.equal(null);
    expect(at(clock.now() + HOUR_MS)).to.equal(null);
    expect(store.span('orders', 'orders-1')).to.deep.equal({ first: start, last: clock.now() - EVERY });
    expect(store.span('orders', 'nobody')).to.equal(null);
    store.close();
  });
});
