import { expect } from 'chai';
import type { WhatIf } from '../../engine/client/index.js';
import { planText } from '../../scheduler/plan/index.js';
import { createPreview } from '../../scheduler/previews.js';
import { notesOf, preview } from '../../scheduler/preview.js';
import { decide } from '../../scheduler/decide.js';
import type { Memory, World } from '../../scheduler/model.js';
import { BallastError } from '../../lib/errors.js';
import { instanceScore } from '../support/scores.js';
import { actingPolicy, aWorld } from '../support/world.js';

const now = 1_000_000;
const fleet = { maxActions: 10, maxConcurrent: 1 };
const world = aWorld(now).service('orders').instances(4).build();
const noMemory: Memory = { services: new Map() };

/** The engine's answer: these zones of orders-1, orders-2 …, by a candidate. */
const would = (...zones: readonly ('green' | 'yellow' | 'red')[]): WhatIf => ({
  now,
  services: [
    {
      service: 'orders',
      known: true,
      notRead: [],
      instances: zones.map((zone, i) => {
        const score = zone === 'green' ? 97 : zone === 'yellow' ? 65 : 20;
        const streak = { zone, count: 9, since: now };
        return instanceScore({
          instance: `orders-${i + 1}`,
          zone,
          score,
          smoothed: score,
          at: now,
          streak,
          intervalMs: 1_000,
        });
      }),
    },
  ],
});
const green = would('green', 'green', 'green', 'green');
const texts = (scores: WhatIf, policy = actingPolicy('orders'), given: World = world) => {
  const plans = preview({ world: given, memory: noMemory, fleet, candidates: [policy], scores, now });
  return { before: planText(plans.before), after: planText(plans.after) };
};

describe('a preview of the plan', () => {
  it('is the plan of now, with files that are as they were', () => {
    const { before, after } = texts(green);
    expect(after)
      .equal(before)
      .and.equal(planText(decide(world, noMemory, fleet, now).plan));
  });

  it('shows weights where they come to rest, and who would leave, as decide has it', () => {
    const { after } = texts(would('green', 'yellow', 'red', 'green'));
    expect(after).match(/orders-2 .* 50 +serving +yellow +LOWERED/);
    expect(after).match(/orders-3 .* out +out +red +RED: score 20 .*available after: 3 of 4/);
  });

  it('goes by the policy of the candidate', () => {
    const weights = actingPolicy('orders', 'traffic: {upstream: orders, max_weight: 50}\n');
    expect(texts(green, weights).after).match(/orders-1 .* 50 +serving/);
  });

  it('tells of a follower what the leader would decide', () => {
    const follower = aWorld(now).lead({ held: false }).service('orders').instances(4).build();
    expect(texts(would('green', 'yellow', 'green', 'green'), actingPolicy('orders'), follower).after).contain(
      'LOWERED',
    );
  });

  it('leaves everything as it was', () => {
    const memory = decide(world, noMemory, fleet, now).memory;
    const before = structuredClone([...memory.services]);
    preview({
      world,
      memory,
      fleet,
      candidates: [actingPolicy('orders')],
      scores: would('red', 'red', 'red', 'red'),
      now,
    });
    expect([...memory.services]).deep.equal(before);
  });

  it('says what it does not know', () => {
    const strange = { service: 'users', known: false, notRead: [], instances: [] };
    const { after } = texts({ now, services: [...green.services, strange] }, actingPolicy('users'));
    expect(after)
      .match(/^orders /m)
      .and.match(/^users .*\n {2}! FAIL_STATIC: not discovered yet: it is not in force yet/m);
    expect(notesOf({ now, services: [strange, { ...strange, known: true, notRead: ['heap', 'cpu'] }] })).deep.equal([
      'users is not in force: nothing is known of its instances yet',
      'users: the engine does not read metrics heap, cpu yet; until the file is in force they have no data',
    ]);
  });

  it('asks the engine, and refuses what it refuses', async () => {
    const decision = decide(world, noMemory, fleet, now);
    const shown = { world, decision, at: now };
    const ask = (
      whatIf: () => Promise<WhatIf>,
      last: typeof shown | null = shown,
      text = 'service: orders\npreset: node\n',
    ) =>
      createPreview({ engine: { whatIf }, shown: () => last, fleet: () => fleet, env: {} })({
        services: [{ file: 'orders.yaml', text }],
      }).catch((error: unknown) => error);
    expect(await ask(async () => would('red', 'green', 'green', 'green'))).include({ differs: true });
    expect(await ask(async () => green, null)).include({ status: 503 });
    expect(await ask(async () => green, shown, 'service: orders\nmetrics: 5\n')).include({ status: 422 });
    const refused = new BallastError('INVALID_CONFIGURATION', 'bad query', { status: 422 });
    expect(await ask(() => Promise.reject(refused))).equal(refused);
    expect(await ask(() => Promise.reject(new BallastError('UNREACHABLE', 'gone')))).include({ status: 502 });
  });
});
