import { expect } from 'chai';
import type { InstanceId, ServicePolicy } from '../../../config/index.js';
import { reasonCodes, reasons, type InstanceMemory, type Verdict } from '../../../scheduler/client/index.js';
import { freshScore } from '../../../scheduler/facts.js';
import { judge } from '../../../scheduler/guard/index.js';
import { tallyOf } from '../../../scheduler/heal/index.js';
import type { GuardContext, RuntimeFact } from '../../../scheduler/model.js';
import {
  actingPolicy,
  anAction,
  aWorld,
  errorRatio,
  type InstanceStory,
  theService,
  viewOf,
  type WorldBuilder,
} from '../../support/world.js';

const now = 1_000_000;
const target = 'orders-1' as InstanceId;
const fact: RuntimeFact = {
  kind: 'one',
  identity: { kind: 'docker', containerId: 'c1', startedAt: 'then' },
  running: true,
  at: now - 1_000,
};

const out: InstanceMemory = {
  lifecycle: 'out',
  breaker: { state: 'open', opened: 2, since: now - 90_000, until: now - 1, failedProbations: 1 },
  rampFrom: null,
  weight: 0,
  outSince: now - 90_000,
  seenSince: 0,
  freshSince: null,
  processStartedAt: null,
  episode: null,
  quarantine: null,
  drained: null,
  told: [],
};

interface Case {
  readonly policy?: ServicePolicy;
  readonly story?: InstanceStory;
  readonly world?: (builder: WorldBuilder) => WorldBuilder;
  readonly others?: InstanceStory;
  readonly memory?: Partial<InstanceMemory>;
  readonly context?: Partial<GuardContext>;
  readonly census?: Partial<GuardContext['census']>;
}

/** One of five, red, out for long enough after a failed probation: everything speaks for a restart. */
const verdictsOf = ({ policy, story, others, world, memory, context, census }: Case = {}): Verdict[] => {
  const builder = aWorld(now)
    .service('orders', policy ?? actingPolicy('orders'))
    .instance(target, { zone: 'red', fact, ...story })
    .instances(4, others);
  const built = (world ? world(builder) : builder).build();
  const service = theService(built);
  const names = ['orders-2', 'orders-3', 'orders-4', 'orders-5'] as InstanceId[];
  return judge({
    now,
    world: built,
    service,
    fleet: { maxActions: 10, maxConcurrent: 1 },
    record: {
      token: 7,
      at: 0,
      state: 'degraded',
      stateSince: 0,
      seenCounts: [],
      stormAt: null,
      redAt: null,
      fallen: null,
      worked: [],
      instances: {
        [target]: { ...out, ...memory },
        ...Object.fromEntries(names.map((name) => [name, { ...out, weight: 100 }])),
      },
      rotation: {},
    },
    instance: target,
    step: 'restart',
    spent: null,
    entry: service.catalog.kind === 'waiting' ? null : (service.catalog.entries[0] ?? null),
    score: freshScore(service, target),
    census: { desired: 5, minimum: 3, blind: null, panic: null, available: new Set(names), ...census },
    tally: tallyOf(built.services, now),
    storm: null,
    action: null,
    ...context,
  });
};

const refusals = (given: Case): string[] =>
  verdictsOf(given).flatMap(({ allowed, code, text }) => (allowed ? [] : [`${code}: ${text}`]));
const cause = (change: Partial<typeof errorRatio>): InstanceStory => ({ causes: [{ ...errorRatio, ...change }] });
const tried = (n: number, change: Parameters<typeof anAction>[0] = {}) =>
  Array.from({ length: n }, (_, i) =>
    anAction({
      id: `a${i}`,
      instance: `orders-${i + 2}`,
      node: `n${i + 2}`,
      phase: 'closed',
      outcome: 'verified',
      intentAt: now - 60_000,
      phaseAt: now - 30_000,
      ...change,
    }),
  );
const another = (change: Parameters<typeof anAction>[0] = {}) =>
  anAction({ id: 'other', instance: 'orders-2', node: 'n2', ...change });

/** In rotation, as one whom a person wants restarted, with such a load; and so much on each of the others. */
const loaded = (own: number, others: number | null): Case => ({
  policy: actingPolicy(
    'orders',
    'metrics: {cpu: {query: cpu, good: 50%, critical: 90%}}\nguardrails: {headroom: cpu}\n',
  ),
  story: { load: own },
  memory: { weight: 100 },
  context: {},
  others: { load: others },
});

const served = (...instances: readonly string[]) =>
  viewOf({
    orders: instances.map((instance, nth) => ({ instance, address: '10.0.0.1', port: 8_000 + nth, weight: 100 })),
  });

describe('guardrails', () => {
  it('allow the restart of one of five that everything speaks for', () => {
    expect(refusals({})).to.deep.equal([]);
  });

  it('speak each, always, in the order of the reason table', () => {
    expect(verdictsOf().map(({ code }) => code)).to.deep.equal(
      reasonCodes.filter((code) => reasons[code].kind === 'refuses'),
    );
  });

  const cases: [string, Case, string[]][] = [
    [
      'a load that the others could not bear',
      loaded(0.6, 0.77),
      ['HEADROOM: cpu 0.6 shared among 4 leaves the most loaded at 0.92 (limit 0.9)'],
    ],
    ['a load that they can', loaded(0.4, 0.77), []],
    ['a load that nobody knows', loaded(0.4, null), ['HEADROOM: the cpu of orders-2 is not known']],
    [
      'a load that still reaches it, since only a plan has it out',
      { ...loaded(0.6, 0.77), memory: {}, world: (w) => w.gateway(served('orders-1', 'orders-2')) },
      ['HEADROOM: cpu 0.6 shared among 4 leaves the most loaded at 0.92 (limit 0.9)'],
    ],
    [
      'a load that may reach it, since the gateway does not say',
      { ...loaded(0.6, 0.77), memory: {}, world: (w) => w.gateway(null) },
      ['HEADROOM: cpu 0.6 shared among 4 leaves the most loaded at 0.92 (limit 0.9)'],
    ],
    [
      'a load that reaches it no more, whatever is planned',
      { ...loaded(0.6, 0.89), world: (w) => w.gateway(served('orders-2')) },
      [],
    ],
    [
      'a load that they carry already',
      { ...loaded(0.6, 0.89), memory: {}, world: (w) => w.gateway(served('orders-2')) },
      [],
    ],
    [
      'a ladder on which nothing is left',
      {
        context: { spent: 'restart tried 2 of 2 times within 30m 0s' },
      },
      ['LADDER_SPENT: restart tried 2 of 2 times within 30m 0s'],
    ],
    [
      'a storm that is not long over',
      { context: { storm: { at: now - 90_000, text: 'reds began in 4 of 6 services within 60 s' } } },
      ['STORM: reds began in 4 of 6 services within 60 s; calm for 90 s (minimum 10m 0s)'],
    ],
    [
      'a process that another service names too',
      { world: (w) => w.service('invoices').instance('invoices-1', { port: 8_000 }) },
      ['OVERLAP: 10.0.0.1:8000 is in invoices too (test.yaml)'],
    ],
    [
      'no lock',
      { world: (w) => w.lead({ held: false, why: 'held by b' }) },
      ['NO_QUORUM: the lock is not ours: held by b'],
    ],
    [
      'a lock that was confirmed too long ago',
      { world: (w) => w.lead({ confirmedAgoMs: 5_100 }) },
      ['NO_QUORUM: lock confirmed 5.1 s ago (limit 5 s)'],
    ],
    [
      'a lock that was never confirmed',
      { world: (w) => w.lead({ confirmedAgoMs: null }) },
      ['NO_QUORUM: the lock was never confirmed'],
    ],
    ['a ledger with a higher token', { world: (w) => w.ledger({ token: 8 }) }, ["FENCED: our token 7, the ledger's 8"]],
    [
      'a leader of three seconds',
      { world: (w) => w.lead({ heldSince: now - 3_000 }) },
      ['NEW_LEADER: leads for 3 s, needs a scoring window of 5 s'],
    ],
    [
      'an engine that has just started',
      { world: (w) => w.scores({ ready: false }) },
      ['NEW_LEADER: the engine has not watched one full scoring window yet'],
    ],
    [
      'a pause of the instance',
      {
        world: (w) =>
          w.pauses([
            { kind: 'pause', scope: 'instance/orders/orders-1', author: 'ana', reason: 'looks', since: 0, until: null },
          ]),
      },
      ['PAUSED: ana paused instance/orders/orders-1 until resumed: looks'],
    ],
    [
      'controls that cannot be read',
      { world: (w) => w.pauses(null) },
      ['PAUSED: the controls could not be read', 'MAINTENANCE: the controls could not be read'],
    ],
    [
      'heal.mode observe',
      { policy: actingPolicy('orders', 'heal: {mode: observe}\n') },
      ['OBSERVE: heal.mode is observe'],
    ],
    [
      'traffic.mode observe',
      { policy: actingPolicy('orders', 'traffic: {upstream: orders, mode: observe}\n') },
      ['OBSERVE: traffic.mode is observe, needs act: it would be restarted while it takes traffic'],
    ],
    [
      'a maintenance that somebody declared',
      {
        world: (w) =>
          w.said({
            maintenance: [
              {
                ...{ kind: 'maintenance', scope: 'instance/orders/orders-1', author: 'ana', reason: 'disks' },
                ...{ since: 0, until: now + 1 },
              },
            ],
          }),
      },
      ['MAINTENANCE: ana has instance/orders/orders-1 in maintenance until 1970-01-01T00:16:40.001Z: disks'],
    ],
    [
      'an open window of the service',
      { policy: actingPolicy('orders', 'maintenance: [{cron: "10 0 1 1 *", for: 10m, reason: patch night}]\n') },
      ['MAINTENANCE: window "10 0 1 1 *" (UTC) is open until 1970-01-01T00:20:00.000Z: patch night'],
    ],
    [
      'an open window of all services',
      {
        context: {
          fleet: {
            ...{ maxActions: 10, maxConcurrent: 1 },
            maintenance: [{ cron: '15 1 * * *', timezone: 'Europe/Berlin', forMs: 120_000, reason: 'upgrade' }],
          },
        },
      },
      ['MAINTENANCE: window "15 1 * * *" (Europe/Berlin) is open until 1970-01-01T00:17:00.000Z: upgrade'],
    ],
    [
      'a protected instance',
      { policy: actingPolicy('orders', 'protected: [orders-1]\n') },
      ['PROTECTED: orders-1 is under "protected" in test.yaml'],
    ],
    [
      'a blind service',
      { census: { blind: '3 of 5 are unknown (limit: half)' } },
      ['BLIND: 3 of 5 are unknown (limit: half)'],
    ],
    [
      'a panic',
      { census: { panic: '2 of 5 known are green or yellow (limit: 50 %)' } },
      ['PANIC: 2 of 5 known are green or yellow (limit: 50 %)'],
    ],
    ['discovery that fails', { world: (w) => w.held('no answer') }, ['SHRINK: the last good list is kept: no answer']],
    ['a young process', { memory: { freshSince: now - 12_000 } }, ['WARM_UP: known for 12 s (minimum 60 s)']],
    ['too short a time out', { memory: { outSince: now - 20_000 } }, ['DWELL: red and out for 20 s (minimum 60 s)']],
    ['an instance in rotation', { memory: { outSince: null } }, ['DWELL: it is in rotation, needs to be red and out']],
    [
      'an instance that only Consul has out',
      { memory: { breaker: { state: 'closed', opened: 0, since: 0 } } },
      [
        'DWELL: it is out, but for no fault of its own, needs to be red and out',
        'UNPROVEN: error_ratio: 0 failed probations (needs 1)',
      ],
    ],
    [
      'an instance on probation',
      { memory: { breaker: { state: 'half-open', opened: 2, since: now, failedProbations: 1 } } },
      ['DWELL: it is in rotation, needs to be red and out'],
    ],
    [
      'a soft fault without a failed probation',
      { memory: { breaker: { state: 'open', opened: 1, since: 0, until: now, failedProbations: 0 } } },
      ['UNPROVEN: error_ratio: 0 failed probations (needs 1)'],
    ],
    [
      'a leak that still moves',
      {
        story: cause({ name: 'memory', traffic: false, moving: true }),
        memory: { breaker: { state: 'open', opened: 1, since: 0, until: now, failedProbations: 0 } },
      },
      ['UNPROVEN: memory: 0 failed probations (needs 1)'],
    ],
    [
      'a fault of what it depends on',
      { story: cause({ blame: 'dependency' }) },
      ['DEPENDENCY: error_ratio: 11.0 of 11.0 points are lost on what it depends on (limit: half)'],
    ],
    [
      'a fault that its peers share',
      { story: cause({ peersMedianPenalty: 0.5 }) },
      ["SHARED_CAUSE: error_ratio: penalty 1.00, its peers' median 0.50 (limit: half)"],
    ],
    [
      'peers that nobody judged',
      { story: cause({ peersMedianPenalty: null }) },
      ['SHARED_CAUSE: no peer is judged on error_ratio'],
    ],
    [
      'a process that is silent to the engine while its Consul checks pass',
      { story: { up: 'down', upBy: 'silence' } },
      ["CONTRADICTED: it does not answer the engine (connection refused), but Consul's checks pass"],
    ],
    [
      'errors that the gateway does not see',
      {
        story: {
          levels: [
            { level: 'app', weighted: 89, score: 20, ceiling: null, coverage: 1 },
            { level: 'gateway', weighted: 98, score: 98, ceiling: null, coverage: 1 },
          ],
        },
      },
      ['CONTRADICTED: error_ratio cost points, but the gateway sees nothing of it'],
    ],
    ['too few others', { census: { minimum: 5 } }, ['MIN_AVAILABLE: needs 5 available, has 4']],
    [
      'a single instance',
      { census: { desired: 1, minimum: 1, available: new Set() } },
      ['SINGLE: the only instance; heal.single is never (needs restart)', 'MIN_AVAILABLE: needs 1 available, has 0'],
    ],
    [
      'another healing in the service',
      { world: (w) => w.ledger({ open: [another()] }) },
      ['MAX_CONCURRENT: 1 healings in progress in orders (limit 1)'],
    ],
    [
      'another healing in another service',
      { world: (w) => w.service('users').ledger({ open: [another({ service: 'users' })] }) },
      ['MAX_CONCURRENT: 1 healings in progress in all (limit 1)'],
    ],
    [
      'a ledger elsewhere that cannot be read',
      { world: (w) => w.service('users').ledger(null) },
      ['MAX_CONCURRENT: the ledger of users could not be read', 'MAX_ACTIONS: the ledger of users could not be read'],
    ],
    [
      'a spent budget of the service',
      { world: (w) => w.ledger({ closed: tried(3) }) },
      ['MAX_ACTIONS: 3 healings of orders within the hour (limit 3)'],
    ],
    [
      'failed attempts count too',
      { world: (w) => w.ledger({ closed: tried(3, { outcome: 'step-failed' }) }) },
      ['MAX_ACTIONS: 3 healings of orders within the hour (limit 3)'],
    ],
    [
      'a spent budget of its node',
      { world: (w) => w.service('users').ledger({ closed: tried(3, { service: 'users', node: 'n1' }) }) },
      ['MAX_ACTIONS: 3 healings of node n1 within the hour (limit 3)'],
    ],
    [
      'a spent budget of the fleet',
      { world: (w) => w.service('users').ledger({ closed: tried(10, { service: 'users' }) }) },
      ['MAX_ACTIONS: 10 healings of all services within the hour (limit 10)'],
    ],
    [
      'an episode that has just ended',
      { world: (w) => w.ledger({ closed: tried(1, { instance: target }) }) },
      ['COOLDOWN: its last episode ended 30 s ago (minimum 10m 0s)'],
    ],
    [
      'two processes that may be it',
      { story: { fact: { kind: 'ambiguous', why: 'two containers bear the label', at: now } } },
      ['AMBIGUOUS_TARGET: two containers bear the label'],
    ],
    [
      'no process that may be it',
      { story: { fact: { kind: 'none', why: 'no container bears the label', at: now } } },
      ['AMBIGUOUS_TARGET: no container bears the label'],
    ],
    [
      'no runtime',
      { policy: actingPolicy('orders', 'runtime: none\n') },
      ['NO_RUNTIME: test.yaml names no runtime', 'RUNTIME_UNREADABLE: there is no runtime to ask'],
    ],
    [
      'a runtime that fails',
      { story: { fact: { kind: 'unreadable', why: 'connection refused', at: now } } },
      ['RUNTIME_UNREADABLE: connection refused'],
    ],
    [
      'an old answer of the runtime',
      { story: { fact: { ...fact, at: now - 11_000 } } },
      ['RUNTIME_UNREADABLE: the runtime was asked 11 s ago (limit 10 s)'],
    ],
  ];
  for (const [name, given, expected] of cases)
    it(`refuse on ${name}`, () => {
      expect(refusals(given)).to.deep.equal(expected);
    });

  it('refuse on a score that is older than three intervals, by the age of the answer too', () => {
    const stale = refusals({ world: (w) => w.scores({ ageMs: 3_100 }) });
    expect(stale[0]).to.equal('STALE_SCORE: score is 3.1 s old (limit 3 s)');
    expect(refusals({ world: (w) => w.scores({ ageMs: 3_000 }) })).to.deep.equal([]);
  });

  it('refuse without a score, and without a ledger, wherever they need it', () => {
    const codes = (given: Case): string[] => refusals(given).map((text) => text.split(':')[0] ?? '');
    expect(codes({ story: { scored: false } })).to.include.members([
      'STALE_SCORE',
      'NO_SCORE',
      'UNPROVEN',
      'SHARED_CAUSE',
    ]);
    expect(codes({ world: (w) => w.ledger(null) })).to.deep.equal([
      'NO_QUORUM',
      'FENCED',
      'UNVERIFIED',
      'MAX_CONCURRENT',
      'MAX_ACTIONS',
      'BACKOFF',
      'COOLDOWN',
    ]);
  });

  it('ask less of a process that is down: no proof, no warm-up, a shorter dwell', () => {
    const down: Case = {
      story: { up: 'down' },
      memory: {
        freshSince: now - 5_000,
        outSince: now - 10_000,
        breaker: { state: 'open', opened: 1, since: 0, until: now, failedProbations: 0 },
      },
    };
    expect(refusals(down)).to.deep.equal([]);
    expect(refusals({ ...down, memory: { ...down.memory, outSince: now - 9_000 } })).to.deep.equal([
      'DWELL: down and out for 9 s (minimum 10 s)',
    ]);
  });

  it('believe a refused connection, a silence that Consul sees too, and errors that the gateway sees', () => {
    expect(refusals({ story: { up: 'down' } })).to.deep.equal([]);
    expect(refusals({ story: { up: 'down', upBy: 'silence', consul: 'critical' } })).to.deep.equal([]);
    const levels = [
      { level: 'app' as const, weighted: 89, score: 20, ceiling: null, coverage: 1 },
      { level: 'gateway' as const, weighted: 70, score: 20, ceiling: null, coverage: 1 },
    ];
    expect(refusals({ story: { levels } })).to.deep.equal([]);
  });

  it('wait between two steps of one episode, twice as long each time, with at most a quarter on top', () => {
    const failed = (n: number, agoMs: number) =>
      Array.from({ length: n }, (_, i) => {
        const at = now - agoMs - (n - 1 - i) * 60_000;
        return anAction({
          id: `f${i}`,
          instance: target,
          node: `x${i}`,
          phase: 'closed',
          outcome: 'not-verified',
          intentAt: at,
          phaseAt: at,
        });
      });
    const held = (n: number, agoMs: number): boolean =>
      refusals({ world: (w) => w.ledger({ closed: failed(n, agoMs) }) }).some((text) => text.startsWith('BACKOFF'));
    expect([held(1, 9_900), held(1, 12_500)]).to.deep.equal([true, false]);
    expect([held(2, 19_900), held(2, 25_000)]).to.deep.equal([true, false]);
    expect(refusals({ world: (w) => w.ledger({ closed: failed(1, 1_000) }) })[0]).to.match(
      /^BACKOFF: 1 s after step 1 of its episode \(minimum 1[0-2](\.\d)? s\)$/,
    );
  });

  it('an action that is checked again does not stand in its own way, and one that was given up costs nothing', () => {
    const own = anAction({ instance: target, phase: 'draining', phaseAt: now - 2_000 });
    const given: Case = { world: (w) => w.ledger({ open: [own] }) };
    expect(refusals(given).map((text) => text.split(':')[0])).to.deep.equal(['UNVERIFIED', 'MAX_CONCURRENT']);
    const tally = tallyOf([], now);
    expect(refusals({ ...given, context: { action: own, tally } })).to.deep.equal([]);
    expect(refusals({ ...given, context: { action: { ...own, phaseAt: now }, tally } })).to.deep.equal([
      'RUNTIME_UNREADABLE: the runtime was not asked again before the step',
    ]);
    expect(refusals({ world: (w) => w.ledger({ closed: tried(5, { outcome: 'overtaken' }) }) })).to.deep.equal([]);
  });
});
