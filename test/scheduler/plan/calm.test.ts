/** The short way of planning a service that is well says what the long way would; here both are asked. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { InstanceMemory, Order, ServiceRecord } from '../../../scheduler/client/index.js';
import { noControls } from '../../../scheduler/client/index.js';
import type { ServiceWorld } from '../../../scheduler/model.js';
import { planCalm } from '../../../scheduler/plan/calm.js';
import type { PlanGround } from '../../../scheduler/plan/ground.js';
import { planAtLength } from '../../../scheduler/plan/service.js';
import { actingPolicy, anAction, aWorld, type InstanceStory, theService } from '../../support/world.js';

const now = 1_000_000;
const policy = actingPolicy('orders');
const declared = actingPolicy('orders', 'guardrails: {desired: 9}\n');
const window = actingPolicy(
  'orders',
  'maintenance: [{cron: "0 3 * * *", timezone: Etc/UTC, for: 1h, reason: backup}]\n',
);

/** What may be the matter with one instance, as the engine and Consul see it. */
const oddStories: readonly InstanceStory[] = [
  { zone: 'yellow' },
  { zone: 'red' },
  { zone: 'unknown' },
  { up: 'down' },
  { up: 'unknown' },
  { scored: false },
  { at: now - 60_000 },
  { consul: 'critical' },
  { consul: 'maintenance' },
  { processStartedAt: now - 5_000 },
  { blackout: true },
];

/** And as the scheduler remembers it. */
const oddMemories: readonly Partial<InstanceMemory>[] = [
  { lifecycle: 'joining' },
  { lifecycle: 'verifying' },
  { breaker: { state: 'closed', opened: 2, since: 0 } },
  { breaker: { state: 'half-open', opened: 1, since: now - 1_000, failedProbations: 0 } },
  { breaker: { state: 'open', opened: 1, since: 0, until: now + 9_000, failedProbations: 0 } },
  { weight: 50 },
  { weight: 0 },
  { rampFrom: now - 5_000 },
  { outSince: now - 90_000 },
  { episode: now - 90_000 },
  { quarantine: { since: now - 90_000, why: 'spent' } },
  { drained: now - 90_000 },
  { told: ['DWELL'] },
];

type Oddity = (
  service: ServiceWorld,
  record: ServiceRecord,
  ground: PlanGround,
) => [ServiceWorld, ServiceRecord, PlanGround];

const by = { author: 'ana', reason: 'looks at it', since: now - 9_000, until: null };

const ordered = (until: number): Order => ({
  ...{ kind: 'order', id: 'o', service: 'orders', instance: 'orders-1', step: 'restart', author: 'ana' },
  ...{ reason: 'slow', at: now - 9_000, until, forced: false, requests: [] },
});

/** And with the service as a whole. */
const oddities: Readonly<Record<string, Oddity>> = {
  'an action is under way': (service, record, ground) => [
    { ...service, ledger: { token: 7, open: [anAction()], closed: [] } },
    record,
    ground,
  ],
  'the ledger cannot be read': (service, record, ground) => [{ ...service, ledger: null }, record, ground],
  'the engine is silent': (service, record, ground) => [
    { ...service, scores: { ...service.scores, received: false } },
    record,
    ground,
  ],
  'discovery is held': (service, record, ground) => [
    {
      ...service,
      catalog: {
        ...{ kind: 'held', at: now, why: 'no leader', shrink: null },
        entries: service.catalog.kind === 'waiting' ? [] : service.catalog.entries,
      },
    },
    record,
    ground,
  ],
  'it was not well': (service, record, ground) => [service, { ...record, state: 'degraded' }, ground],
  'there were more': (service, record, ground) => [
    service,
    { ...record, seenCounts: [{ at: now - 1_000, count: 20 }] },
    ground,
  ],
  'somebody left': (service, record, ground) => [
    service,
    { ...record, instances: { ...record.instances, gone: Object.values(record.instances)[0] ?? ({} as never) } },
    ground,
  ],
  'somebody was marked': (service, record, ground) => [
    service,
    { ...record, rotation: { 'orders-1': { state: 'out', since: now - 90_000 } } },
    ground,
  ],
  'a person drained one': (service, record, ground) => [
    service,
    record,
    {
      ...ground,
      controls: {
        ...noControls,
        drains: [{ kind: 'drain', service: 'orders', instance: 'orders-1', ...by, restored: null, requests: [] }],
      },
    },
  ],
  'a person ordered a step': (service, record, ground) => [
    service,
    record,
    { ...ground, controls: { ...noControls, orders: [ordered(now + 9_000)] } },
  ],
  'maintenance is declared': (service, record, ground) => [
    service,
    record,
    { ...ground, controls: { ...noControls, maintenance: [{ kind: 'maintenance', scope: 'all', ...by }] } },
  ],
  'maintenance has a window': (service, record, ground) => [{ ...service, policy: window }, record, ground],
  'nobody knows what people said': (service, record, ground) => [service, record, { ...ground, controls: null }],
};

const quiet: PlanGround = { controls: noControls, fleet: {}, gateway: null };

/** A service of which nothing is new: it was planned before, on the same world. */
const settled = (stories: readonly InstanceStory[], of = policy): [ServiceWorld, ServiceRecord] => {
  const tell = (all: readonly InstanceStory[]): ServiceWorld => {
    const builder = aWorld(now).service('orders', of);
    all.forEach((story, nth) => builder.instance(`orders-${nth + 1}`, story));
    return theService(builder.build());
  };
  const well = tell(stories.map(() => ({})));
  const { record } = planAtLength(well, entriesOf(well), null, 7, now - 600_000, quiet);
  return [tell(stories), record];
};

const entriesOf = ({ catalog }: ServiceWorld) => (catalog.kind === 'waiting' ? [] : catalog.entries);

/** Neither way may say what the other would not. */
const compare = (service: ServiceWorld, record: ServiceRecord, ground: PlanGround): boolean => {
  const entries = entriesOf(service);
  const calm = planCalm(service, entries, record, ground, now);
  if (calm === null) return false;
  const long = planAtLength(service, entries, record, 7, now, ground);
  expect(calm).deep.equal(long);
  expect(calm.record).equal(record);
  expect(long.record).equal(record);
  return true;
};

const remembering = (record: ServiceRecord, id: string, change: Partial<InstanceMemory>): ServiceRecord => {
  const memory = record.instances[id];
  return memory ? { ...record, instances: { ...record.instances, [id]: { ...memory, ...change } } } : record;
};

describe('the plan of a calm service', () => {
  it('is made the short way, in the order of the names, and is what the long way comes to', () => {
    for (const of of [policy, declared]) {
      const [service, record] = settled(
        Array.from({ length: 12 }, () => ({})),
        of,
      );
      expect(compare(service, record, quiet)).equal(true);
      expect(planCalm(service, entriesOf(service), record, quiet, now)?.plan.servers[1]?.instance).equal('orders-10');
    }
  });

  it('is made the short way when what people said is over, or about another service', () => {
    const drain = { kind: 'drain' as const, instance: 'orders-1', ...by, requests: [] };
    const restored = { author: 'ana', reason: 'done', at: now - 1_000 };
    const drains = [
      { ...drain, service: 'orders', restored },
      { ...drain, service: 'users', restored: null },
    ];
    const [service, record] = settled([{}, {}, {}]);
    const controls = { ...noControls, drains, orders: [ordered(now - 1)] };
    expect(compare(service, record, { ...quiet, controls })).equal(true);
  });

  it('is not made the short way when one instance is not well', () => {
    for (const odd of oddStories) {
      const [service, record] = settled([{ processStartedAt: 5_000 }, { processStartedAt: 5_000, ...odd }, {}]);
      const known = remembering(remembering(record, 'orders-1', { processStartedAt: 5_000 }), 'orders-2', {
        processStartedAt: 5_000,
      });
      expect(compare(service, known, quiet), JSON.stringify(odd)).equal(false);
    }
  });

  it('is not made the short way when something is remembered of one', () => {
    for (const odd of oddMemories) {
      const [service, record] = settled([{}, {}, {}]);
      expect(compare(service, remembering(record, 'orders-2', odd), quiet), JSON.stringify(odd)).equal(false);
    }
  });

  it('is not made the short way when something concerns the whole service', () => {
    for (const [name, odd] of Object.entries(oddities)) {
      const [service, record] = settled([{}, {}, {}]);
      expect(compare(...odd(service, record, quiet)), name).equal(false);
    }
  });

  it('is what the long way comes to, whatever is the matter', () => {
    const storyOf = fc.oneof(
      { weight: 6, arbitrary: fc.record({ score: fc.integer({ min: 80, max: 100 }) }) },
      { weight: 1, arbitrary: fc.constantFrom(...oddStories) },
    );
    const memoryOf = fc.oneof(
      { weight: 6, arbitrary: fc.constant<Partial<InstanceMemory>>({}) },
      { weight: 1, arbitrary: fc.constantFrom(...oddMemories) },
    );
    const oddOf = fc.option(fc.constantFrom(...Object.values(oddities)), { freq: 6 });
    fc.assert(
      fc.property(fc.array(fc.tuple(storyOf, memoryOf), { minLength: 1, maxLength: 4 }), oddOf, (all, odd) => {
        const [service, settledRecord] = settled(all.map(([story]) => story));
        const record = all.reduce(
          (known, [, memory], nth) => remembering(known, `orders-${nth + 1}`, memory),
          settledRecord,
        );
        compare(...(odd ? odd(service, record, quiet) : ([service, record, quiet] as const)));
      }),
      { numRuns: 300 },
    );
  });
});
