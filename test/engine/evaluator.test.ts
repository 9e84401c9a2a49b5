import { expect } from 'chai';
import * as defaults from '../../config/defaults.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceName } from '../../config/index.js';
import { Board, EngineMetrics } from '../../engine/api/index.js';
import { compileService, SeriesStore, type InstanceWindow } from '../../engine/derive/index.js';
import { Evaluator } from '../../engine/evaluator.js';
import type { Instance, InstanceRef, Sample, ScrapeOutcome } from '../../engine/model.js';
import { finish } from '../../engine/saving.js';
import { targetsOf, type Discovery } from '../../engine/registry/index.js';
import { hydrate } from '../../engine/hydrate.js';
import { HistoryStore } from '../../engine/store/index.js';
import { foldUp, neverScraped } from '../../engine/up.js';
import { createLog } from '../../lib/log.js';
import { VirtualClock } from '../fakes/clock.js';
import { instanceNamed } from '../support/observations.js';
import { policyFor } from '../support/policy.js';

const log = createLog({ level: 'silent', name: 'test' });

/** As derive's, but reading one instance's samples fails. */
class BrokenSeries extends SeriesStore {
  broken = '';

  override window(ref: InstanceRef): InstanceWindow {
    if (ref.id === this.broken) throw new Error('a bug of ours');
    return super.window(ref);
  }
}

const policy = policyFor(`
service: orders
metrics: {memory: {query: memory_share, good: 75%, critical: 95%, weight: 1, cap: 0}}
`);

const instance = (id: string, change: Partial<Instance> = {}): Instance =>
  instanceNamed(id, { service: 'orders' as ServiceName, address: '10.1.0.1', ...change });

const page = (memory: number): ScrapeOutcome => {
  const sample: Sample = { name: 'memory_share', labels: {}, value: memory, timestampMs: null };
  return { kind: 'page', samples: [sample], warnings: [] };
};

describe('the evaluator', () => {
  let folder: string;
  let clock: VirtualClock;
  let board: Board;
  let series: BrokenSeries;
  let store: HistoryStore;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-evaluator-'));
    clock = new VirtualClock();
    board = new Board([policy], clock);
    series = new BrokenSeries();
    store = new HistoryStore({ path: join(folder, 'history.db'), limits: defaults.engine.history, clock, log });
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const create = (): Evaluator => {
    const scraper = () => ({ targets: 0, running: 0, skipped: 0 });
    const metrics = new EngineMetrics({ board, scraper, store: () => store.counts });
    const services = [compileService(policy)];
    return new Evaluator({ services, series, board, store, metrics, mark: () => null, clock, log });
  };
  const discover = (evaluator: Evaluator, ...instances: Instance[]): void => {
    const discovery: Discovery = {
      state: 'live',
      why: 'a test',
      at: clock.now(),
      instances: new Map(instances.map((each) => [each.id, each])),
    };
    evaluator.discovered(policy.service, discovery);
  };
  /** One scrape of each, as they follow each other in life: an interval apart. */
  const scrape = async (
    evaluator: Evaluator,
    pages: Readonly<Record<string, ScrapeOutcome>>,
    times = 1,
  ): Promise<void> => {
    for (let i = 0; i < times; i += 1) {
      await clock.advance(policy.scrape.intervalMs);
      const [service] = evaluator.services;
      for (const target of targetsOf(service ? [service] : []).targets) {
        const [ref] = target.mapping.kind === 'whole' ? target.mapping.instances : [];
        const outcome = ref && pages[ref.id];
        if (outcome) evaluator.scraped(target, { target: target.key, startedAt: clock.now(), durationMs: 1, outcome });
      }
      evaluator.evaluateDue();
    }
  };
  const shown = (): Record<string, string> =>
    Object.fromEntries((board.service('orders')?.scores ?? []).map(({ instance: id, zone }) => [id, zone]));

  it('evaluates by time where nobody reads the own page of an instance', async () => {
    const text = 'service: orders\nmetrics: {checks: {query: max(consul_check_status), good: 0, critical: 2}}';
    const evaluator = create();
    evaluator.setServices([compileService(policyFor(text))]);
    const check = { id: 'c', name: 'C', scope: 'service', status: 'critical' } as const;
    discover(evaluator, instance('a', { checks: [check] }));
    expect(evaluator.services.map(({ scrapesOwn }) => scrapesOwn)).to.deep.equal([false]);
    const count = (): number | undefined => board.service('orders')?.rows.get('a')?.score.evaluation;
    const tick = async (ms: number): Promise<number | undefined> => {
      await clock.advance(ms);
      evaluator.tick();
      evaluator.evaluateDue();
      return count();
    };
    expect([await tick(0), await tick(250), await tick(4_749), await tick(1)]).to.deep.equal([1, 1, 1, 2]);
    expect(board.service('orders')?.rows.get('a')?.score).to.include({ score: 0 });
  });

  it('has written what changed before anybody hears of it', async () => {
    const evaluator = create();
    discover(evaluator, instance('a'), instance('b'));
    await scrape(evaluator, { a: page(0.1), b: page(0.1) }, 3);
    const { watched } = board.service('orders') ?? expect.fail('no such service');
    const kept: unknown[] = [];
    const hear = async (): Promise<void> => {
      while ((board.service('orders')?.zones ?? []).every((zone) => zone === 'green'))
        await watched.wait(watched.get().index, 3_600_000, new AbortController().signal);
      // As another process would find it, if this one died now.
      const next = new HistoryStore({ path: join(folder, 'history.db'), limits: defaults.engine.history, clock, log });
      const memory = hydrate(next.recall('orders'), clock.now());
      kept.push([...memory.instances.values()].map(({ zone }) => zone.zone));
      next.close();
    };
    const heard = hear();
    for (let nth = 0; nth < 6 && kept.length === 0; nth += 1) await scrape(evaluator, { a: page(1), b: page(0.1) });
    await heard;
    expect(kept).to.deep.equal([['red', 'green']]);
  });

  it('keeps the trouble of one instance away from the others', async () => {
    const evaluator = create();
    discover(evaluator, instance('a'), instance('b'), instance('c'));
    await scrape(evaluator, { a: page(0.1), b: page(0.1), c: page(0.1) }, 3);
    expect(shown()).to.deep.equal({ a: 'green', b: 'green', c: 'green' });
    series.broken = 'b';
    await scrape(evaluator, { a: page(1), b: page(1), c: page(0.1) }, 2);
    expect(shown()).to.include({ b: 'green', c: 'green' });
    // Its last score stands until it is too old, like every score.
    await scrape(evaluator, { a: page(1), b: page(1), c: page(0.1) }, 4);
    expect(shown()).to.deep.equal({ a: 'red', b: 'unknown', c: 'green' });
    series.broken = '';
    await scrape(evaluator, { b: page(1) }, 6);
    expect(shown()).to.include({ b: 'red' });
  });

  it('lets expire whoever is scraped no more', async () => {
    const evaluator = create();
    discover(evaluator, instance('a'), instance('b'));
    await scrape(evaluator, { a: page(0.1), b: page(0.1) }, 3);
    await scrape(evaluator, { a: page(0.1) }, 4);
    evaluator.sweep();
    expect(shown()).to.deep.equal({ a: 'green', b: 'unknown' });
  });

  it('evaluates thousands in slices, and lets nobody expire who is due in a later one', async () => {
    const evaluator = create();
    const many = Array.from({ length: 1_000 }, (_, i) => instance(`i-${i}`));
    discover(evaluator, ...many);
    const all = Object.fromEntries(many.map(({ id }) => [id, page(0.1)]));
    await scrape(evaluator, all, 3);
    // As after a pause of the whole process: all are old, and all have just been scraped again.
    await clock.advance(60_000);
    const [service] = evaluator.services;
    for (const target of targetsOf(service ? [service] : []).targets)
      evaluator.scraped(target, { target: target.key, startedAt: clock.now(), durationMs: 1, outcome: page(0.1) });
    let slices = 1;
    for (; evaluator.evaluateSome(); slices++) expect(Object.values(shown())).not.to.include('unknown');
    expect(slices).to.equal(5);
    expect(new Set(Object.values(shown()))).to.deep.equal(new Set(['green']));
  });

  it('shows what Consul says at once, and forgets whoever left', async () => {
    const evaluator = create();
    discover(evaluator, instance('a'), instance('b'));
    await scrape(evaluator, { a: page(0.1), b: page(0.1) }, 2);
    discover(evaluator, instance('a', { consul: 'critical' }));
    evaluator.sweep();
    expect(board.service('orders')?.scores.map(({ instance: id, consul }) => [id, consul])).to.deep.equal([
      ['a', 'critical'],
    ]);
    expect(evaluator.explain('orders', 'b')).to.equal(null);
  });

  it('goes on showing what Consul says while scrapes are lost', async () => {
    const evaluator = create();
    discover(evaluator, instance('a'));
    await scrape(evaluator, { a: page(0.1) }, 2);
    discover(evaluator, instance('a', { consul: 'critical', consulWhy: 'http' }));
    await scrape(evaluator, { a: { kind: 'lost', why: 'no answer in time' } });
    const [shownNow] = board.service('orders')?.scores ?? [];
    expect(shownNow).to.include({ consul: 'critical', consulWhy: 'http', zone: 'green' });
  });

  it('writes no score out for a list that changes nothing of it', async () => {
    const evaluator = create();
    const quiet = instance('a', { consul: 'warning', consulWhy: 'disk' });
    discover(evaluator, quiet, instance('b'));
    await scrape(evaluator, { a: page(0.1), b: page(0.1) }, 2);
    const row = board.service('orders')?.rows.get('a');
    if (!row) throw new Error('nobody is shown');
    row.shown = new Proxy(row.shown, {
      get: (of, name) => (name === 'whole' ? expect.fail('was written out') : (Reflect.get(of, name, of) as unknown)),
    });
    discover(evaluator, quiet, instance('b', { consul: 'critical' }));
    expect(board.service('orders')?.rows.get('b')?.score.consul).to.equal('critical');
  });

  it('ignores a scrape that ends after its instance left', async () => {
    const evaluator = create();
    discover(evaluator, instance('a'));
    const [service] = evaluator.services;
    const [target] = targetsOf(service ? [service] : []).targets;
    discover(evaluator, instance('b'));
    if (target)
      evaluator.scraped(target, { target: target.key, startedAt: clock.now(), durationMs: 1, outcome: page(1) });
    evaluator.evaluateDue();
    expect(shown()).to.deep.equal({});
  });

  it('takes another policy between two turns, and leaves every score as it is until the next evaluation', async () => {
    const evaluator = create();
    discover(evaluator, instance('a'), instance('b'));
    await scrape(evaluator, { a: page(0.7), b: page(0.1) }, 3);
    const before = board.service('orders')?.scores;
    const stricter = { ...policy, metrics: policy.metrics.map((metric) => ({ ...metric, good: 0.5, critical: 0.6 })) };
    evaluator.setServices([compileService(stricter)]);
    expect(board.service('orders')?.scores).to.deep.equal(before);
    expect(series.counts.instances).to.equal(2);
    // Its last three samples are judged by what is asked now: bad three evaluations later.
    await scrape(evaluator, { a: page(0.7), b: page(0.1) }, 3);
    expect(shown()).to.deep.equal({ a: 'red', b: 'green' });
  });

  it('judges by the old policy what was scraped under it', async () => {
    const evaluator = create();
    discover(evaluator, instance('a'));
    await scrape(evaluator, { a: page(0.1) }, 3);
    await clock.advance(policy.scrape.intervalMs);
    const [service] = evaluator.services;
    const [target] = targetsOf(service ? [service] : []).targets;
    const evaluations = board.service('orders')?.scores[0]?.evaluation ?? 0;
    if (target)
      evaluator.scraped(target, { target: target.key, startedAt: clock.now(), durationMs: 1, outcome: page(0.1) });
    evaluator.setServices([compileService({ ...policy, hash: 'another' })]);
    expect(board.service('orders')?.scores[0]).to.include({ evaluation: evaluations + 1, policy: policy.hash });
  });

  it('remembers a service that was removed, and goes on when it is back', async () => {
    const evaluator = create();
    discover(evaluator, instance('a'));
    await scrape(evaluator, { a: page(1) }, 6);
    expect(shown()).to.deep.equal({ a: 'red' });
    evaluator.setServices([]);
    board.setServices([]);
    expect(evaluator.explain('orders', 'a')).to.equal(null);
    expect(series.counts.instances).to.equal(0);
    evaluator.setServices([compileService(policy)]);
    board.setServices([policy]);
    discover(evaluator, instance('a'));
    await scrape(evaluator, { a: page(0.1) });
    expect(shown()).to.deep.equal({ a: 'red' });
  });

  it('goes on after a restart where it was, and does not wait for the list to forget nobody', async () => {
    const first = create();
    discover(first, instance('a'));
    await scrape(first, { a: page(1) }, 6);
    expect(shown()).to.deep.equal({ a: 'red' });
    finish(first.save());
    board = new Board([policy], clock);
    series = new BrokenSeries();
    const second = create();
    second.sweep();
    discover(second, instance('a'));
    await scrape(second, { a: page(0.1) });
    expect(shown()).to.deep.equal({ a: 'red' });
  });
});

describe('signs of life', () => {
  const run = (...outcomes: ScrapeOutcome[]) =>
    outcomes.reduce((up, outcome, i) => foldUp(up, outcome, i + 1), neverScraped);
  const refused: ScrapeOutcome = { kind: 'refused', why: 'connection refused' };
  const lost: ScrapeOutcome = { kind: 'lost', why: 'timed out' };
  const html: ScrapeOutcome = { kind: 'unreadable', why: 'HTML' };

  it('counts what follows in a row', () => {
    expect(run()).to.include({ last: 'none', inARow: 0 });
    expect(run(lost, lost)).to.deep.equal({ last: 'lost', inARow: 2, missed: 2, at: 2, why: 'timed out' });
    expect(run(lost, lost, refused)).to.include({ last: 'refused', inARow: 1, why: 'connection refused' });
    expect(run(lost, page(1), lost)).to.include({ last: 'lost', inARow: 1 });
  });

  it('counts lost and unfinished apart, and together as missed', () => {
    const unfinished: ScrapeOutcome = { kind: 'unfinished', why: 'no whole answer' };
    expect(run(lost, unfinished, lost)).to.include({ last: 'lost', inARow: 1, missed: 3 });
    expect(run(lost, page(1), unfinished)).to.include({ last: 'unfinished', inARow: 1, missed: 1 });
  });

  it('takes a page that makes no sense for a sign of life', () => {
    expect(run(page(1), html)).to.deep.equal({ last: 'answered', inARow: 2, missed: 0, at: 2, why: 'HTML' });
  });
});
