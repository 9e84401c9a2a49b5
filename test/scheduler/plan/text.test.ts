import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../lib/paths.js';
import { decide } from '../../../scheduler/decide.js';
import { planText } from '../../../scheduler/plan/text.js';
import { actingPolicy, aWorld } from '../../support/world.js';

const now = 1_000_000;
const fleet = { maxActions: 10, maxConcurrent: 1 };

const aPlan = (at = now) =>
  decide(
    aWorld(at)
      .service('orders', actingPolicy('orders'))
      .instances(2)
      .instance('orders-canary', { zone: 'red' })
      .instance('orders-10', { zone: 'yellow', score: 65 })
      .service('payments', actingPolicy('payments', 'heal: {mode: observe}\n'))
      .instances(1, { zone: 'unknown', why: 'coverage 20 % (minimum 60 %)' })
      .service('users', actingPolicy('users', 'traffic: {upstream: people, mode: observe}\n'))
      .instances(1)
      .instance('users-2', { up: 'down' })
      .build(),
    { services: new Map() },
    fleet,
    at,
  ).plan;

describe('text of a plan', () => {
  it('is the golden one', () => {
    expect(planText(aPlan())).to.equal(readFileSync(join(packageRoot, 'test/golden/plan/plan.txt'), 'utf8'));
  });

  it('bears no time: what is decided alike reads alike', () => {
    expect(planText(aPlan(now + 3_600_000))).to.equal(planText(aPlan()));
  });

  it('says so when there is nothing', () => {
    expect(planText({ at: now, services: [] })).to.equal('no services\n');
  });
});
