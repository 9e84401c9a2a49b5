import { expect } from 'chai';
import { dehydrate, dehydrateSlowly, hydrate } from '../../engine/hydrate.js';
import type { InstanceId } from '../../config/index.js';
import { emptyMemory } from '../../engine/memory.js';
import { policyFor } from '../support/policy.js';
import { Timeline } from '../support/timeline.js';

const second = 1_000;
const policy = policyFor('preset: [node, node-exporter]\nscrape: {interval: 1s}');

/** The same instance under an engine that restarted `downMs` ago, with what the last one stored. */
const restarted = (before: Timeline, downMs: number): Timeline => {
  const stored: unknown = JSON.parse(JSON.stringify(dehydrate(before.service)));
  const after = new Timeline(policy, before.now + downMs, before.instance);
  after.memory = hydrate(stored, after.now).instances.get(before.instance.id);
  after.mark = before.mark;
  return after;
};

const failing = { error_ratio: 0.5 };

describe('an engine that restarts', () => {
  it('shows no green window for an instance that was red', () => {
    const before = new Timeline(policy);
    before.repeat(5, failing);
    for (const downMs of [second, 10 * second, 10 * 60 * second]) {
      const after = restarted(before, downMs);
      after.repeat(10, failing);
      expect(after.zones).equal('r'.repeat(10));
    }
  });

  it('believes no improvement before its windows are full again', () => {
    const before = new Timeline(policy);
    before.repeat(5, failing);
    const after = restarted(before, second);
    after.repeat(5);
    expect(after.zones).equal('rrrrr');
    expect(after.explain().instance.why).match(/not counted while the engine, just restarted, gathers evidence$/);
    after.repeat(3);
    expect(after.zones).equal('rrrrr' + 'rgg');
  });

  it('goes on as if nothing had happened after a moment', () => {
    const before = new Timeline(policy);
    before.repeat(5, failing);
    const after = restarted(before, 0);
    const [gone, stayed] = [after.next(failing), before.next(failing)];
    expect(gone).deep.equal(stayed);
  });

  it('still holds what an instance that is out was judged by', () => {
    const before = new Timeline(policy);
    before.repeat(4, failing);
    before.turn('out');
    before.repeat(2);
    const after = restarted(before, 5 * second);
    expect(after.repeat(5, { error_ratio: 'too-little-traffic' })).include({ zone: 'red', score: 20 });
  });

  it('knows that a process restarted meanwhile', () => {
    const before = new Timeline(policy);
    before.repeat(5, failing);
    expect(restarted(before, 2 * second).next({}, { processStartedAt: 99 * second })).include({
      blackout: true,
      zone: 'unknown',
    });
  });

  it('starts without a past from what is too old, of the future, or no memory at all', () => {
    const before = new Timeline(policy);
    before.repeat(5, failing);
    expect(restarted(before, 2 * 3_600 * second).memory).equal(undefined);
    expect(restarted(before, -10 * second).memory).equal(undefined);
    for (const rubbish of [
      null,
      'x',
      7,
      [],
      {},
      { version: 2, instances: {} },
      { version: 1, instances: { 'a b': {}, a: { zone: 'red' }, b: null } },
    ])
      expect(hydrate(rubbish, 0)).deep.equal(emptyMemory);
  });

  it('is whole, however many slices there are', () => {
    const one = new Timeline(policy);
    one.repeat(3, failing);
    const memory = one.service.instances.get(one.instance.id);
    if (memory === undefined) throw new Error('it has no memory');
    for (const count of [0, 1, 249, 250, 251, 500]) {
      const ids = Array.from({ length: count }, (_, i) => `many-${i}` as InstanceId);
      const all = { instances: new Map(ids.map((id) => [id, memory])) };
      const slowly = dehydrateSlowly(all);
      let step = slowly.next();
      while (step.done !== true) step = slowly.next();
      expect(step.value.join('')).equal(JSON.stringify(dehydrate(all)));
    }
  });

  it('is written in slices as it is at once', () => {
    const one = new Timeline(policy);
    one.repeat(3, failing);
    const memory = one.service.instances.get(one.instance.id);
    if (memory === undefined) throw new Error('it has no memory');
    const ids = ['__proto__', ...Array.from({ length: 600 }, (_, i) => `many-${i}`)];
    const many = { instances: new Map(ids.map((id) => [id as InstanceId, memory])) };
    const slowly = dehydrateSlowly(many);
    let pauses = 0;
    let step = slowly.next();
    for (; step.done !== true; step = slowly.next()) pauses++;
    expect(pauses).equal(2);
    expect(step.value).length(3);
    expect(step.value.join('')).equal(JSON.stringify(dehydrate(many)));
  });
});
