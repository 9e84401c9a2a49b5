import { expect } from 'chai';
import type { Scrape, Target, TargetKey } from '../../../engine/model.js';
import { Scraper, type FetchPage } from '../../../engine/scrape/index.js';
import { createLog } from '../../../lib/log.js';
import { VirtualClock } from '../../fakes/clock.js';
import { wantingAll } from './filters.js';

const log = createLog({ level: 'silent', name: 'test' });

const target = (key: string, over: Partial<Target> = {}): Target => ({
  key: key as TargetKey,
  url: `http://127.0.0.1:1/${key}`,
  level: 'app',
  intervalMs: 1000,
  connectTimeoutMs: 100,
  timeoutMs: 800,
  bodyLimitBytes: 1000,
  mapping: { kind: 'whole', instances: [] },
  ...over,
});

const many = (count: number): Target[] => Array.from({ length: count }, (_, i) => target(`t${i}`));

/** A scraper on a virtual clock, whose fetches take `takesMs` and are written down. */
const harness = (takesMs: number, concurrency = 100) => {
  const clock = new VirtualClock();
  const starts: { key: string; at: number }[] = [];
  const running = new Map<string, number>();
  const seen: string[] = [];
  let most = 0;
  let overlaps = 0;
  const fetch: FetchPage = async ({ key }, _filter, signal): Promise<Scrape> => {
    const startedAt = clock.now();
    starts.push({ key, at: clock.mono() });
    if (running.has(key)) overlaps++;
    running.set(key, 1);
    most = Math.max(most, running.size);
    try {
      await clock.sleep(takesMs, signal);
    } finally {
      running.delete(key);
    }
    return { target: key, startedAt, durationMs: takesMs, outcome: { kind: 'lost', why: 'test' } };
  };
  const scraper = new Scraper({ clock, log, fetch, concurrency, onScrape: ({ key }) => seen.push(key) });
  const stop = new AbortController();
  const done = scraper.run(stop.signal);
  const startsOf = (key: string): number[] => starts.filter((each) => each.key === key).map(({ at }) => at);
  return {
    clock,
    scraper,
    starts,
    seen,
    startsOf,
    most: () => most,
    overlaps: () => overlaps,
    stop: async () => {
      stop.abort();
      await done;
    },
  };
};

describe('Scraper', () => {
  it('scrapes each target once per interval, without drift, and not all at once', async () => {
    const { clock, scraper, startsOf, starts, stop } = harness(30);
    scraper.setTargets(many(20), () => wantingAll);
    await clock.advance(10_000);
    for (let i = 0; i < 20; i++) {
      const times = startsOf(`t${i}`);
      expect(times).to.have.length(10);
      const first = times[0] ?? 0;
      times.forEach((at, turn) => expect(at - first).to.be.closeTo(turn * 1000, 3));
    }
    const fullest = Math.max(...starts.map(({ at }) => starts.filter((other) => Math.abs(other.at - at) < 25).length));
    expect(fullest).to.be.lessThan(8);
    await stop();
  });

  it('never scrapes one target twice at once: what is late is skipped and counted', async () => {
    const { clock, scraper, startsOf, overlaps, stop } = harness(2_500);
    scraper.setTargets([target('slow')], () => wantingAll);
    await clock.advance(9_100);
    expect(overlaps()).to.equal(0);
    expect(startsOf('slow')).to.have.length(3);
    expect(scraper.counts.skipped).to.equal(6);
    await stop();
  });

  it('keeps to the limit of scrapes under way, and skips what could not start within its interval', async () => {
    const { clock, scraper, most, stop } = harness(900, 2);
    scraper.setTargets(many(6), () => wantingAll);
    await clock.advance(10_000);
    expect(most()).to.equal(2);
    expect(scraper.counts.skipped).to.be.greaterThan(0);
    await stop();
  });

  it('leaves unchanged targets where they are when others come and go', async () => {
    const { clock, scraper, startsOf, stop } = harness(10);
    scraper.setTargets([target('a'), target('b')], () => wantingAll);
    await clock.advance(2_500);
    scraper.setTargets([target('b'), target('c')], () => wantingAll);
    await clock.advance(3_000);
    const gaps = startsOf('b').map((at, i, all) => at - (all[i - 1] ?? at - 1000));
    for (const gap of gaps) expect(gap).to.be.closeTo(1000, 3);
    expect(startsOf('b')).to.have.length.within(5, 6);
    expect(startsOf('a').every((at) => at <= 2_500)).to.equal(true);
    expect(startsOf('c').every((at) => at > 2_500)).to.equal(true);
    expect(startsOf('c')).to.have.length(3);
    await stop();
  });

  it('does not hand over what a removed or moved target brought', async () => {
    const { clock, scraper, seen, starts, stop } = harness(700);
    scraper.setTargets([target('a')], () => wantingAll);
    while (starts.length === 0) await clock.advance(50);
    scraper.setTargets([target('a', { url: 'http://127.0.0.1:2/elsewhere' })], () => wantingAll);
    await clock.advance(690);
    expect(seen).to.deep.equal([]);
    await stop();
  });

  it('does not make up for what it missed while the machine slept', async () => {
    const { clock, scraper, startsOf, stop } = harness(2_000);
    scraper.setTargets([target('a')], () => wantingAll);
    await clock.advance(1_000);
    await clock.advance(60_000);
    expect(startsOf('a').length).to.be.within(20, 31);
    await stop();
  });

  it('survives a listener that throws', async () => {
    const clock = new VirtualClock();
    let calls = 0;
    const scraper = new Scraper({
      clock,
      log,
      concurrency: 1,
      fetch: ({ key }) =>
        Promise.resolve({ target: key, startedAt: 0, durationMs: 0, outcome: { kind: 'lost', why: '' } }),
      onScrape: () => {
        calls++;
        throw new Error('listener');
      },
    });
    const stop = new AbortController();
    const done = scraper.run(stop.signal);
    scraper.setTargets([target('a')], () => wantingAll);
    await clock.advance(3_000);
    expect(calls).to.equal(3);
    stop.abort();
    await done;
  });

  it('ends when it is told to, and what runs is given up', async () => {
    const { clock, scraper, stop } = harness(500);
    scraper.setTargets(many(10), () => wantingAll);
    await clock.advance(1_100);
    await stop();
    expect(scraper.counts.running).to.equal(0);
    expect(clock.sleeping).to.equal(0);
  });
});
