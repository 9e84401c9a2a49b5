/** Candidates on the windows of a running evaluation: the same store and pipeline as the engine's. */
import { expect } from 'chai';
import type { InstanceId, ServicePolicy } from '../../../config/index.js';
import { dryRunSchema, type InstanceScore } from '../../../engine/client/index.js';
import { compileService, observe, SeriesStore } from '../../../engine/derive/index.js';
import { emptyMemory, type ServiceMemory } from '../../../engine/memory.js';
import type { Target, TargetKey } from '../../../engine/model.js';
import { step } from '../../../engine/pipeline.js';
import { judgeNow, type Present } from '../../../engine/whatif/now.js';
import { WhatIfs } from '../../../engine/whatif/index.js';
import { VirtualClock } from '../../fakes/clock.js';
import { answered, instanceNamed, lost } from '../../support/observations.js';
import { policyFor } from '../../support/policy.js';

const policyWith = (critical: number, more = ''): ServicePolicy =>
  policyFor(
    `scrape: {interval: 1s}\ntraffic: {upstream: checkout}\nmetrics:\n` +
      `  load: {level: app, query: load, good: 0, critical: ${critical}, cap: 30}\n${more}`,
  );
const policy = policyWith(100);
const seconds = 10;

/** Two instances after ten evaluations: one with a load of 20, the other of 60. */
const begin = (): { present: Present; current: readonly InstanceScore[]; now: number } => {
  const compiled = compileService(policy);
  const store = new SeriesStore();
  store.setServices([compiled], 0);
  let memory: ServiceMemory = emptyMemory;
  const current = new Map<string, InstanceScore>();
  const loads = { a: 20, b: 60 };
  const instances = Object.keys(loads).map((id) => instanceNamed(id));
  const windowOf = (id: InstanceId) => store.window({ service: policy.service, id });
  for (let now = 0; now < seconds * 1_000; now += 1_000) {
    for (const [id, value] of Object.entries(loads)) {
      const target: Target = {
        key: id as TargetKey,
        url: `http://${id}`,
        level: 'app',
        intervalMs: 1_000,
        ...{ connectTimeoutMs: 500, timeoutMs: 800, bodyLimitBytes: 1_000 },
        mapping: { kind: 'whole', instances: [{ service: policy.service, id: id as InstanceId }] },
      };
      const samples = [{ name: 'load', labels: {}, value, timestampMs: null }];
      const outcome = { kind: 'page', samples, warnings: [] } as const;
      store.apply([target], { target: target.key, startedAt: now, durationMs: 1, outcome });
    }
    const due = instances.map((instance) => ({
      instance,
      mark: null,
      observe: (evidence: null | Parameters<typeof observe>[2]['mark'], at: number) =>
        observe(compiled, windowOf(instance.id), { instance, up: answered(at), mark: evidence, now: at }),
    }));
    const result = step(memory, { due, gone: [] }, policy, now);
    memory = result.memory;
    for (const { scored } of result.outputs) current.set(scored.instance, scored.whole);
  }
  const now = (seconds - 1) * 1_000;
  const seen = instances.map((instance) => ({
    instance,
    up: answered(now),
    mark: null,
    window: windowOf(instance.id),
  }));
  return { present: { policy, memory, instances: seen }, current: [...current.values()], now };
};

const said = (scores: readonly InstanceScore[]): readonly unknown[] =>
  scores.map(({ instance, zone, score, smoothed }) => [instance, zone, score, smoothed]);

describe('what a candidate would say now', () => {
  it('is what is, where it judges alike', () => {
    const { present, current, now } = begin();
    expect(judgeNow(present, current, policy, now).instances).deep.equal(current);
    expect(said(current)).deep.equal([
      ['a', 'green', 80, 80],
      ['b', 'red', 40, 40],
    ]);
  });

  it('is the zone that its scores come to, with the instances that are there', () => {
    const { present, current, now } = begin();
    expect(said(judgeNow(present, current, policyWith(40), now).instances)).deep.equal([
      ['a', 'yellow', 50, 50],
      ['b', 'red', 0, 0],
    ]);
    const lenient = judgeNow(present, current, policyWith(1_000), now);
    expect(said(lenient.instances)).deep.equal([
      ['a', 'green', 98, 98],
      ['b', 'green', 94, 94],
    ]);
    expect(lenient.instances[0]).include({ evaluation: 10, policy: policyWith(1_000).hash });
  });

  it('does not take a lost scrape for no data', () => {
    const { present, current, now } = begin();
    const instances = present.instances.map((each) => ({ ...each, up: lost(now, 1) }));
    const { instances: scores } = judgeNow({ ...present, instances }, current, policyWith(40), now);
    expect(scores.map(({ score }) => score)).deep.equal([50, 0]);
  });

  it('names what is not read yet, and knows nothing of a service that is not in force', () => {
    const { present, current, now } = begin();
    const more = policyWith(100, '  heap: {level: app, query: heap, good: 0, critical: 1}\n');
    expect(judgeNow(present, current, more, now).notRead).deep.equal(['heap']);
    expect(judgeNow(null, [], policy, now)).deep.equal({
      service: 'checkout',
      known: false,
      notRead: [],
      instances: [],
    });
  });

  it('changes nothing of what is known', () => {
    const { present, current, now } = begin();
    const before = structuredClone(present.memory);
    judgeNow(present, current, policyWith(40), now);
    expect(present.memory).deep.equal(before);
  });

  it('is part of the answer to a dry run, beside what history says', async () => {
    const { present, current, now } = begin();
    const whatIf = new WhatIfs({
      present: () => present,
      current: () => current,
      history: { path: '/nowhere/history.db', flush: () => undefined },
      env: {},
      clock: new VirtualClock(now),
    });
    const told = await whatIf.dryRun('checkout', policyWith(40));
    const { now: would, history } = dryRunSchema.parse(told);
    expect(would.instances.map(({ before, after, differs }) => [before, after, differs])).deep.equal([
      [{ zone: 'green', score: 80, weight: 100 }, { zone: 'yellow', score: 50, weight: 10 }, true],
      [{ zone: 'red', score: 40, weight: 0 }, { zone: 'red', score: 0, weight: 0 }, true],
    ]);
    expect(would.instances[0]?.why).contain('a would be yellow: score 50');
    expect('refused' in history && history.refused).contain('/nowhere/history.db');
    expect(await whatIf.dryRun('checkout', null)).equal(null);
    const text = 'service: checkout\nmetrics: {load: {level: app, query: load, good: 0, critical: 40, cap: 30}}';
    expect(whatIf.now({ services: [{ file: 'x.yaml', text }] }).services[0]).include({
      service: 'checkout',
      known: true,
    });
    expect(() =>
      whatIf.now({
        services: [
          { file: 'x.yaml', text },
          { file: 'y.yaml', text },
        ],
      }),
    ).throw('in another file too');
  });
});
