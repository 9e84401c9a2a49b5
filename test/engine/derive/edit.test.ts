/** What the windows know when the queries of a service change while it is scraped. */
import { expect } from 'chai';
import { Bench } from './pages.js';

const file = (metrics: string): string => `scrape: {interval: 1s}\nmetrics:\n${metrics}`;
const gauge = (name: string, query: string, more = ''): string =>
  `  ${name}: {level: app, query: '${query}', good: 0, critical: 1, weight: 1${more}}\n`;
const ratio = (bad: string, total: string): string =>
  `  errors: {level: app, ratio: {bad: '${bad}', total: '${total}'}, good: 1%, critical: 10%, weight: 1}\n`;

/** Counters after so many seconds at 100 requests a second, of which `bad` fail. */
const counters = (seconds: number, bad = 0): string =>
  [
    `hits_total{code="200"} ${seconds * (100 - bad)}`,
    `hits_total{code="500"} ${seconds * bad}`,
    `other_total ${seconds * 7}`,
    `level 0.5`,
    '',
  ].join('\n');

const seconds = (count: number, from = 1): number[] => Array.from({ length: count }, (_, i) => from + i);

const run = (bench: Bench, count: number, from = 1, bad = 0): Bench => {
  for (const second of seconds(count, from)) bench.page(counters(second, bad)).later(1);
  return bench;
};

describe('windows, when a service file changes', () => {
  const rate = gauge('hits', 'sum(rate(hits_total[10s]))');

  it('keeps every sample when a threshold changes', () => {
    const bench = run(new Bench(file(rate)), 20);
    const before = bench.read('hits');
    bench.edit(file(gauge('hits', 'sum(rate(hits_total[10s]))', ', cap: 10')));
    expect(bench.read('hits')).to.equal(before);
    expect(before).to.be.closeTo(100, 1e-6);
  });

  it('keeps the samples of the metrics beside the one that is new, which starts with what is read from now on', () => {
    const bench = run(new Bench(file(rate)), 20);
    bench.edit(file(rate + gauge('others', 'rate(other_total[10s])')));
    expect(bench.read('hits')).to.be.closeTo(100, 1e-6);
    expect(bench.read('others')).to.equal('warming-up');
    run(bench, 1, 21);
    expect(bench.read('hits')).to.be.closeTo(100, 1e-6);
    expect(bench.read('others')).to.equal('warming-up');
    run(bench, 1, 22);
    expect(bench.read('hits')).to.be.closeTo(100, 1e-6);
    run(bench, 10, 23);
    expect(bench.read('others')).to.be.closeTo(7, 1e-6);
  });

  it('never takes a counter for newborn that was merely not read before', () => {
    const total = 'hits_total';
    const bench = run(new Bench(file(ratio('hits_total{code="500"}', 'hits_total{code="500"}'))), 40, 1, 5);
    // What is bad was known all along, the whole only from now on: compared, they would say that all of it failed.
    bench.edit(file(ratio('hits_total{code="500"}', total)));
    const seen = [];
    for (const second of seconds(40, 41)) {
      bench.page(counters(second, 5));
      seen.push(bench.read('errors'));
      bench.later(1);
    }
    expect(seen[0]).to.equal('warming-up');
    for (const value of seen.slice(1)) expect(value).to.be.a('number').that.is.at.most(0.05);
    expect(seen.at(-1)).to.be.closeTo(0.04, 0.01);
  });

  it('goes on with a counter of requests that stays, and begins one that is new at nothing', () => {
    const since = (bench: Bench) => bench.observe({ state: 'fresh', since: bench.now - 5_000 }).requests;
    const bench = run(new Bench(file(ratio('hits_total{code="500"}', 'hits_total'))), 20);
    expect(since(bench)).to.equal(400);
    bench.edit(file(ratio('hits_total{code="500"}', 'hits_total') + rate));
    expect(since(bench)).to.equal(400);
    bench.edit(file(ratio('hits_total{code="500"}', 'other_total')));
    run(bench, 1, 21);
    expect(since(bench)).to.equal(0);
    run(bench, 2, 22);
    expect(since(bench)).to.equal(14);
  });

  it('takes a scrape that was under way for what it is', () => {
    const bench = run(new Bench(file(rate)), 20);
    const started = bench.now;
    bench.later(0.1).edit(file(rate + gauge('others', 'rate(other_total[10s])')));
    const edited = bench.now;
    bench.now = started;
    // Read with the old filter: the new series are not on it.
    bench.outcome({
      kind: 'page',
      warnings: [],
      samples: ['200', '500'].map((code) => ({
        name: 'hits_total',
        labels: { code },
        value: code === '200' ? 2100 : 0,
        timestampMs: null,
      })),
    });
    bench.now = edited;
    expect(bench.read('hits')).to.be.closeTo(100, 1e-6);
    expect(bench.read('others')).to.equal('warming-up');
    bench.later(0.9);
    for (const second of seconds(3, 22)) bench.page(counters(second)).later(1);
    expect(bench.read('others')).to.be.closeTo(7, 3);
  });

  it('keeps what it has when a longer range is asked for, and gives up what nobody asks for', () => {
    const bench = run(new Bench(file(rate + gauge('others', 'rate(other_total[10s])'))), 20);
    const longer = file(gauge('hits', 'sum(increase(hits_total[5m]))'));
    bench.edit(longer);
    expect(bench.read('hits')).to.equal(run(new Bench(longer), 20).read('hits'));
    expect(bench.store.counts.series).to.equal(2);
    run(bench, 80, 21);
    expect(bench.read('hits')).to.equal(run(new Bench(longer), 100).read('hits'));
  });

  it('is settled again once every window holds only what was read since', () => {
    const bench = run(new Bench(file(rate)), 20);
    bench.edit(file(rate + gauge('others', 'rate(other_total[10s])')));
    const settled = () => bench.store.window({ service: bench.policy.service, id: bench.observe().instance.id }).pages;
    run(bench, 2, 21);
    expect(settled().map((page) => page.settled)).to.deep.equal([false]);
    run(bench, 60, 23);
    expect(settled().map((page) => page.settled)).to.deep.equal([true]);
  });
});
