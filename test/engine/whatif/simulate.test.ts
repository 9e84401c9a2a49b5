import { expect } from 'chai';
import { simulateRequestSchema, simulationSchema, type Simulation } from '../../../engine/client/index.js';
import { emptyMemory } from '../../../engine/memory.js';
import { WhatIfs } from '../../../engine/whatif/index.js';
import { BallastError } from '../../../lib/errors.js';
import { VirtualClock } from '../../fakes/clock.js';
import { policyFor } from '../../support/policy.js';

const policy = policyFor(
  `service: checkout
metrics:
  alive: {level: system, up: true, weight: 1, cap: 0}
  memory: {level: app, query: memory, good: 50%, critical: 100%, weight: 0.1, cap: 40}
  latency: {level: app, query: latency, good: 100ms, critical: 1s, weight: 0.4}
  failed: {level: app, ratio: {bad: bad, total: all}, good: 1%, critical: 10%, weight: 0.5}
  worst: {level: app, curve: {expression: 'max(memory.p, latency.p)'}, weight: 0.001}
traffic: {upstream: checkout, max_weight: 200}`,
);
const whatIf = new WhatIfs({
  present: (name) => (name === 'checkout' ? { policy, memory: emptyMemory, instances: [] } : null),
  current: () => [],
  history: { path: '/nowhere', flush: () => undefined },
  env: {},
  clock: new VirtualClock(),
});
const ask = (request: object): Simulation => {
  const simulation = whatIf.simulate(simulateRequestSchema.parse({ service: 'checkout', ...request }));
  return simulationSchema.parse(JSON.parse(JSON.stringify(simulationSchema.encode(simulation))));
};
const refusal = (request: object): BallastError => {
  try {
    ask(request);
  } catch (error) {
    if (error instanceof BallastError) return error;
    throw error;
  }
  throw new Error('was not refused');
};
const good = { memory: '50%', latency: '100ms', failed: 0 };

describe('simulate', () => {
  it('scores what is given, and adds up', () => {
    expect(ask({ values: good })).include({ score: 100, zone: 'green', coverage: 1, weight: 200, maxWeight: 200 });
    const { metrics, levels, ...half } = ask({ values: { ...good, memory: 0.75 } });
    expect(half).deep.include({ zone: 'yellow', score: 70, causes: ['memory', 'worst'], weight: 133 });
    expect(levels.find(({ level }) => level === 'app')?.ceiling).deep.include({ metric: 'memory', at: 70 });
    const lost = metrics.reduce((sum, { pointsLost }) => sum + pointsLost, 0);
    const app = levels.find(({ level }) => level === 'app');
    expect(100 - lost - (app?.ceiling?.pointsLost ?? 0)).closeTo(app?.score ?? 0, 1e-6);
  });

  it('says it in a sentence, with the zone of the score itself', () => {
    expect(ask({ values: { ...good, memory: 1 } }).sentence).equal(
      'checkout would be red: score 40 (red is below 50); memory 100 % costs 10 points and caps app at 40.',
    );
    expect(ask({ values: { ...good, memory: 1 } })).include({ zone: 'red', weight: 0 });
  });

  it('tells nothing without enough data, and keeps the weight', () => {
    expect(ask({ values: {} })).include({ score: null, zone: 'unknown', weight: null, coverage: 0.5 });
    expect(ask({ values: { ...good, memory: null } }).metrics.find(({ name }) => name === 'memory')).include({
      status: 'absent',
      absence: 'missing',
      penalty: null,
    });
  });

  it('knows a process that is down, or of which nothing is known', () => {
    expect(ask({ values: good, up: 'down' })).include({ score: 0, zone: 'red', weight: 0 });
    expect(ask({ values: good, up: 'unknown' }).metrics[0]).include({ name: 'alive', penalty: null });
  });

  it('leaves aside what depends on traffic where there is none', () => {
    const [one, other] = [
      ask({ values: { ...good, failed: 1 } }),
      ask({ values: { ...good, failed: 1 }, traffic: false }),
    ];
    expect([one.score, other.score].map((score) => Math.round(score ?? -1))).deep.equal([50, 100]);
    expect(other.metrics.find(({ name }) => name === 'failed')).include({ absence: 'too-little-traffic', penalty: 0 });
  });

  it('takes a candidate in the place of a service in force', () => {
    const text = 'service: other\nmetrics: {load: {level: app, query: load, good: 0, critical: 10}}';
    const answer = whatIf.simulate(simulateRequestSchema.parse({ policy: { text }, values: { load: 3 } }));
    expect(answer).include({ service: 'other', score: 70, weight: 67, maxWeight: 100 });
  });

  it('refuses what it does not understand, by name', () => {
    expect(refusal({ values: { memroy: 1 } })).include({ status: 400, hint: 'did you mean "memory"?' });
    expect(refusal({ values: { memory: '5s' } }).message).contain('values.memory: "5s" has the wrong unit');
    expect(refusal({ values: { alive: 1 } }).message).contain('said by "up"');
    expect(refusal({ service: 'nobody', values: {} })).include({ status: 404 });
    const text = 'service: other\nmetrics: {load: {query: "load[", good: 0, critical: 10}}';
    expect(refusal({ service: undefined, policy: { file: 'x.yaml', text }, values: {} })).include({ status: 422 });
    expect(refusal({ service: undefined, policy: { file: 'x.yaml', text }, values: {} }).message).contain('x.yaml:2:');
    for (const bad of [{ values: {}, policy: { text } }, { values: { memory: [] } }, { values: {}, more: 1 }, {}])
      expect(simulateRequestSchema.safeParse({ service: 'checkout', ...bad }).success).equal(false);
  });

  it('touches nothing: the same question has the same answer', () => {
    const bad = { values: { ...good, memory: 1 } };
    expect(ask(bad)).deep.equal(ask(bad));
  });
});
