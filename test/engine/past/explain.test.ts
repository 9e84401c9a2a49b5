/** The engine's own evaluator writes history; what it said at each time is held against what history says of that time. */
import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as defaults from '../../../config/defaults.js';
import type { InstanceId, ServiceName, ServicePolicy } from '../../../config/index.js';
import { Board, EngineMetrics } from '../../../engine/api/index.js';
import { explanationSchema, type Explanation } from '../../../engine/client/index.js';
import { compileService, SeriesStore } from '../../../engine/derive/index.js';
import { Evaluator } from '../../../engine/evaluator.js';
import type { Instance, Sample } from '../../../engine/model.js';
import { createPast } from '../../../engine/past/index.js';
import { targetsOf } from '../../../engine/registry/index.js';
import { HistoryStore } from '../../../engine/store/index.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../engine/store/tiers.js';
import { BallastError } from '../../../lib/errors.js';
import { createLog } from '../../../lib/log.js';
import { VirtualClock } from '../../fakes/clock.js';
import { policyFor } from '../../support/policy.js';

const log = createLog({ level: 'silent', name: 'test' });

const lenient = policyFor(`
service: orders
metrics:
  memory: {query: memory_share, good: 75%, critical: 95%, weight: 1, cap: 0}
  cpu: {query: cpu_share, good: 50%, critical: 90%, weight: 2}
  queue: {query: queue_length, good: 10, critical: 20, weight: 1, dry_run: true}
`);
const strict = policyFor(`
service: orders
metrics:
  cpu: {query: cpu_share, good: 10%, critical: 20%, weight: 1, cap: 20}
  memory: {query: memory_share, good: 75%, critical: 95%, weight: 1}
`);

const instance = (id: string): Instance => ({
  ...{ id: id as InstanceId, service: 'orders' as ServiceName, node: { name: 'n1', address: '10.0.0.1' } },
  ...{ datacenter: 'dc1', address: '10.1.0.1', port: 8080, tags: [], meta: {} },
  ...{ consul: 'passing', consulWhy: '', checks: [], joinedAt: null },
});

type Values = Readonly<Record<string, number>>;
const samplesOf = (values: Values): readonly Sample[] =>
  Object.entries(values).map(([name, value]) => ({ name, value, labels: {}, timestampMs: null }));

const well = { memory_share: 0.4, cpu_share: 0.3, queue_length: 3 };

describe('explaining a past time', () => {
  let folder: string;
  let clock: VirtualClock;
  let store: HistoryStore;
  let board: Board;
  let evaluator: Evaluator;
  let policy: ServicePolicy;

  const openStore = (): HistoryStore =>
    new HistoryStore({ path: join(folder, 'history.db'), limits: defaults.engine.history, clock, log });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-past-'));
    clock = new VirtualClock();
    store = openStore();
    policy = lenient;
    board = new Board([policy], clock);
    const scraper = () => ({ targets: 0, running: 0, skipped: 0 });
    const metrics = new EngineMetrics({ board, scraper, store: () => store.counts });
    const services = [compileService(policy)];
    store.recordPolicy(policy.hash, policy);
    evaluator = new Evaluator({
      ...{ services, series: new SeriesStore(), board, store, metrics, clock, log },
      mark: () => null,
    });
    const instances = new Map(['a', 'b', 'c'].map((id) => [id as InstanceId, instance(id)]));
    evaluator.discovered(policy.service, { state: 'live', why: 'a test', at: clock.now(), instances });
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** An interval later every instance is scraped and evaluated. */
  const step = async (pages: Readonly<Record<string, Values>> = {}): Promise<void> => {
    await clock.advance(policy.scrape.intervalMs);
    const [service] = evaluator.services;
    for (const target of targetsOf(service ? [service] : []).targets) {
      const [ref] = target.mapping.kind === 'whole' ? target.mapping.instances : [];
      const samples = samplesOf({ ...well, ...(ref && pages[ref.id]) });
      const outcome = { kind: 'page', samples, warnings: [] } as const;
      evaluator.scraped(target, { target: target.key, startedAt: clock.now(), durationMs: 1, outcome });
    }
    evaluator.evaluateDue();
  };
  const live = async (times: number, pages: Readonly<Record<string, Values>> = {}): Promise<void> => {
    for (let i = 0; i < times; i += 1) {
      await step(pages);
      if (i % 100 === 0) write();
    }
  };
  const write = (): void => {
    while (store.flush());
    store.tidy();
  };
  const past = (at: number, id = 'a'): Explanation => {
    const present = (service: string, name: string) => board.service(service)?.rows.get(name)?.score ?? null;
    return createPast({ store, clock, policyOf: (name) => (name === 'orders' ? policy : null), present }).explainAt(
      'orders',
      id,
      at,
    );
  };
  const refusal = (work: () => unknown): BallastError => {
    try {
      work();
    } catch (error) {
      if (error instanceof BallastError) return error;
    }
    throw new Error('it was not refused');
  };
  /** What history cannot know: when a value was sampled, what was counted besides, and the engine's counters. */
  const comparable = ({ instance: score, metrics, sentence, zones, peers }: Explanation) => ({
    ...{ sentence, zones, peers: { count: peers.count, sentence: peers.sentence } },
    score: {
      ...{ zone: score.zone, zoneSince: score.zoneSince, why: score.why, node: score.node, policy: score.policy },
      causes: score.causes.map(({ name, ceiling, blame }) => ({ name, ceiling, blame })),
      levels: score.levels.map(({ level, ceiling }) => [level, ceiling?.metric ?? null]),
    },
    metrics: metrics.map(({ name, query, status, absence, good, critical, weight, cap, dryRun }) => {
      return { name, query, status, absence, good, critical, weight, cap, dryRun };
    }),
  });
  const numbers = ({ instance: score, metrics, peers }: Explanation): readonly (number | null)[] => [
    ...[score.score, score.smoothed, score.coverage, peers.medianScore],
    ...score.levels.flatMap(({ weighted, score: of, ceiling }) => [weighted, of, ceiling?.at ?? null]),
    ...metrics.flatMap(({ value, penalty, pointsLost, peersMedianPenalty }) => {
      return [value, penalty, pointsLost, peersMedianPenalty];
    }),
  ];
  const expectSame = (then: Explanation, said: Explanation): void => {
    expect(comparable(then)).to.deep.equal(comparable(said));
    const [got, expected] = [numbers(then), numbers(said)];
    expect(got).to.have.length(expected.length);
    expected.forEach((value, i) => {
      if (value === null) expect(got[i]).to.equal(null);
      else expect(got[i]).to.be.closeTo(value, 1e-4 * Math.max(1, Math.abs(value)));
    });
  };

  it('says of every evaluation what was said then, word for word', async () => {
    const said: Explanation[] = [];
    const note = (): void => {
      for (const id of ['a', 'b']) {
        const explanation = evaluator.explain('orders', id);
        if (explanation) said.push(explanation);
      }
    };
    const story: readonly (readonly [times: number, a: Values, b: Values])[] = [
      [4, {}, {}],
      [6, { memory_share: 0.99 }, { cpu_share: 0.8 }],
      [4, {}, { cpu_share: 0.85, queue_length: 50 }],
      [3, { memory_share: 0.8 }, { memory_share: NaN }],
    ];
    for (const [times, a, b] of story)
      for (let i = 0; i < times; i += 1) {
        await step({ a, b });
        note();
      }
    expect(new Set(said.map((each) => each.instance.zone)).size).to.be.at.least(3);
    write();
    store.close();
    store = openStore();
    await clock.advance(2 * HOUR_MS);
    // Its very first evaluations are left out: nothing before them is known to count from.
    for (const each of said.slice(8)) {
      const then = past(each.instance.at + 1_000, each.instance.instance);
      expect(then.past).to.deep.include({ resolution: 'raw', at: each.instance.at, evaluations: 1 });
      expect(then.now).to.equal(clock.now());
      expectSame(then, each);
    }
  });

  it('explains by the policy that judged then, not by the one in force', async () => {
    await live(5, { a: { cpu_share: 0.6 } });
    const before = evaluator.explain('orders', 'a');
    const at = clock.now();
    policy = strict;
    store.recordPolicy(strict.hash, strict);
    evaluator.setServices([compileService(strict)]);
    await live(5, { a: { cpu_share: 0.6 } });
    expect(before && comparable(before).metrics).to.deep.equal(comparable(past(at)).metrics);
    expect(past(at).instance.policy).to.equal(lenient.hash);
    expect(past(clock.now()).instance.policy).to.equal(strict.hash);
    expect(past(clock.now()).metrics.find(({ name }) => name === 'cpu')?.critical).to.equal(0.2);
  });

  it('refuses when the policy that judged cannot be read any more', async () => {
    await live(5);
    write();
    store.close();
    store = openStore();
    policy = strict;
    store.recordPolicy(lenient.hash, { hash: lenient.hash, metrics: 'none' });
    const error = refusal(() => past(clock.now()));
    expect(error).to.include({ code: 'NO_HISTORY', status: 404 });
    expect(error.message).to.include(lenient.hash);
  });

  it('tells the mean of the minute, then of the hour, where evaluations are no longer kept, and says so', async () => {
    const start = clock.now();
    await live(400, { a: { memory_share: 0.85 } });
    clock.jump(2 * DAY_MS);
    await live(80);
    write();
    write();
    const minute = past(start + 10 * MINUTE_MS);
    expect(minute.past).to.deep.include({ resolution: 'minute', at: start + 10 * MINUTE_MS, evaluations: 12 });
    expect(minute.past?.sentence).to.match(/^Means of 12 evaluations in the minute from 2030-01-01T00:10/);
    expect(minute.metrics.find(({ name }) => name === 'memory')?.value).to.be.closeTo(0.85, 1e-3);
    expect(minute.instance.score).to.be.closeTo(50, 0.1);
    clock.jump(8 * DAY_MS);
    await live(80);
    write();
    write();
    const hour = past(start + 10 * MINUTE_MS);
    expect(hour.past).to.deep.include({ resolution: 'hour' });
    expect(hour.past?.evaluations).to.be.within(390, 400);
    expect(explanationSchema.encode(hour)).to.have.nested.property('past.resolution', 'hour');
  });

  it('answers of other times with what there is', async () => {
    const start = clock.now();
    await live(3);
    const before = refusal(() => past(start - HOUR_MS));
    expect(before).to.include({ code: 'NO_HISTORY', status: 404 });
    expect(before.message).to.match(/is before what is known of orders\/a/);
    expect(before.hint).to.match(/^its history reaches from 2030-01-01T00:00:05.000Z to 2030-01-01T00:00:15.000Z$/);
    expect(refusal(() => past(clock.now() + HOUR_MS)).message).to.match(/is after/);
    clock.jump(HOUR_MS);
    await live(3);
    expect(refusal(() => past(start + 30 * MINUTE_MS)).message).to.match(/is in a gap of/);
    expect(refusal(() => past(start, 'nobody')).message).to.match(/there is no history of orders\/nobody/);
  });

  it('speaks of an instance that is gone, too', async () => {
    await live(5, { b: { memory_share: 0.99 } });
    const at = clock.now();
    const left = new Map([['a' as InstanceId, instance('a')]]);
    evaluator.discovered(policy.service, { state: 'live', why: 'a test', at: clock.now(), instances: left });
    evaluator.sweep();
    await live(2);
    expect(past(at, 'b').instance).to.deep.include({ zone: 'red', score: 0, node: '' });
  });
});
