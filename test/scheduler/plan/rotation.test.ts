import { expect } from 'chai';
import fc from 'fast-check';
import type { ServicePolicy } from '../../../config/index.js';
import type { ServiceRecord } from '../../../scheduler/client/index.js';
import { planService, type Planned } from '../../../scheduler/plan/index.js';
import { actingPolicy, aWorld, type InstanceStory, theService } from '../../support/world.js';

const now = 1_000_000;

const planOf = (
  stories: readonly InstanceStory[],
  policy: ServicePolicy = actingPolicy('orders'),
  before: ServiceRecord | null = null,
  at = now,
): Planned => {
  const builder = aWorld(at).service('orders', policy);
  stories.forEach((story, i) => builder.instance(`orders-${i + 1}`, story));
  const service = theService(builder.build());
  return planService(service, service.catalog.kind === 'waiting' ? [] : service.catalog.entries, before, 7, at);
};

const weights = (planned: Planned): number[] => planned.plan.servers.map((server) => server.weight);
const codes = (planned: Planned): (string | undefined)[] =>
  planned.plan.servers.map((server) => server.reasons[0]?.code);
const red = (score: number): InstanceStory => ({ zone: 'red', score, smoothed: score });
const green: InstanceStory = {};

describe('rotation', () => {
  it('takes the worst out first, down to the minimum; those beyond it stay at the floor', () => {
    const planned = planOf(
      [red(40), green, red(10), green, green, red(30)],
      actingPolicy('orders', 'guardrails: {min_available: 4}\n'),
    );
    expect(weights(planned)).to.deep.equal([10, 100, 0, 100, 100, 0]);
    expect(codes(planned)).to.deep.equal(['HELD_FLOOR', 'FULL', 'RED', 'FULL', 'FULL', 'RED']);
    expect(planned.plan.servers[2]?.reasons[0]?.text).to.equal(
      'score 10 (red is below 50); available after: 5 of 6 (minimum 4)',
    );
  });

  it('leaves in, as it is, one that is still red by count but was green just now', () => {
    const planned = planOf([{ ...red(20), score: 90, streak: { zone: 'green', count: 1, since: now } }, green, green]);
    expect(weights(planned)).to.deep.equal([100, 100, 100]);
    expect(codes(planned)).to.deep.equal(['KEPT', 'FULL', 'FULL']);
    const yellow = planOf([{ ...red(20), score: 60, streak: { zone: 'yellow', count: 1, since: now } }, green, green]);
    expect(codes(yellow)).to.deep.equal(['RED', 'FULL', 'FULL']);
  });

  it('takes a dead process out before a red one', () => {
    const planned = planOf(
      [red(5), { zone: 'red', score: 45, up: 'down' }, green, green],
      actingPolicy('orders', 'guardrails: {min_available: 3}\n'),
    );
    expect(codes(planned)).to.deep.equal(['HELD_FLOOR', 'DOWN', 'FULL', 'FULL']);
  });

  it('counts by the declared number, not by who is there', () => {
    const planned = planOf([red(10), green], actingPolicy('orders', 'guardrails: {desired: 4}\n'));
    expect(codes(planned)).to.deep.equal(['HELD_FLOOR', 'FULL']);
  });

  it('lets one of two go only while the other is green', () => {
    expect(weights(planOf([red(10), green]))).to.deep.equal([0, 100]);
    expect(weights(planOf([red(10), { zone: 'yellow', score: 65, smoothed: 65 }]))).to.deep.equal([20, 100]);
  });

  it('never takes the only one, whatever is wrong with it', () => {
    const lone: InstanceStory[] = [
      red(0),
      { up: 'down', zone: 'red' },
      { consul: 'critical' },
      { consul: 'maintenance' },
    ];
    for (const story of lone) expect(weights(planOf([story]))).to.deep.equal([100]);
  });

  it('panics when fewer than half are well: equal weight for all that are up, none for the dead', () => {
    const planned = planOf([red(10), red(20), green, { zone: 'red', up: 'down' }, red(15)]);
    expect(weights(planned)).to.deep.equal([100, 100, 100, 0, 100]);
    expect(planned.plan.reasons[0]).to.deep.equal({
      code: 'PANIC',
      text: '1 of 5 known are green or yellow (limit: 50 %)',
    });
    expect(planned.plan.state).to.equal('failing');
  });

  it('panics with all of them when none is up', () => {
    expect(weights(planOf([1, 2, 3].map(() => ({ zone: 'red', up: 'down' }) as const)))).to.deep.equal([100, 100, 100]);
  });

  it('does not bring back in a panic what a person took out', () => {
    const planned = planOf([red(10), red(20), { consul: 'maintenance' }, red(15)]);
    expect(weights(planned)).to.deep.equal([100, 100, 0, 100]);
    expect(planned.plan.servers[2]?.reasons[0]?.code).to.equal('CONSUL_MAINTENANCE');
  });

  it('does not panic over a single instance: it shares its cause with nobody', () => {
    expect(planOf([red(10)]).census.panic).to.equal(null);
    expect(weights(planOf([red(10)]))).to.deep.equal([100]);
  });

  it('half of them red is no panic yet', () => {
    expect(weights(planOf([red(10), red(20), green, green]))).to.deep.equal([0, 0, 100, 100]);
  });

  it('is blind before it panics', () => {
    const planned = planOf([red(10), red(20), { scored: false }, { zone: 'unknown' }, { zone: 'unknown' }]);
    expect(planned.plan.reasons.map(({ code }) => code)).to.deep.equal(['BLIND']);
    expect(weights(planned)).to.deep.equal([100, 100, 100, 100, 100]);
  });

  it('counts neither those that join nor those that warm up', () => {
    const planned = planOf([red(10), green, { zone: 'unknown', blackout: true }, { zone: 'unknown', blackout: true }]);
    expect(planned.census).to.include({ blind: null, panic: null });
  });

  it('gives marks only where traffic is applied', () => {
    const observed = actingPolicy('orders', 'traffic: {upstream: orders, mode: observe}\n');
    const stories = [red(10), green, green];
    expect(planOf(stories).record.rotation).to.deep.equal({ 'orders-1': { state: 'out', since: now } });
    expect(planOf(stories, observed).record.rotation).to.deep.equal({});
    expect(weights(planOf(stories, observed))).to.deep.equal([0, 100, 100]);
  });

  it('keeps the very same record while nothing material changes', () => {
    const first = planOf([green, red(10), green]);
    const second = planOf([green, red(10), green], undefined, first.record, now + 500);
    expect(second.record).to.equal(first.record);
    expect(second.events).to.deep.equal([]);
  });

  it('leaves every safety rule of traffic whole, over random services and what is remembered of them', () => {
    const story = fc.record({
      zone: fc.constantFrom('green', 'yellow', 'red', 'unknown' as const),
      up: fc.constantFrom('up', 'up', 'up', 'down', 'unknown' as const),
      consul: fc.constantFrom('passing', 'passing', 'passing', 'warning', 'critical', 'maintenance' as const),
      scored: fc.constantFrom(true, true, true, false),
      blackout: fc.constantFrom(false, false, true),
    });
    const rounds = fc.array(
      fc.tuple(fc.array(story, { minLength: 1, maxLength: 8 }), fc.integer({ min: 500, max: 60_000 })),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(rounds, fc.integer({ min: 0, max: 100 }), (steps, share) => {
        const policy = actingPolicy('orders', `guardrails: {min_available: ${share}%}\n`);
        let before: ServiceRecord | null = null;
        let at = now;
        for (const [stories, dt] of steps) {
          at += dt;
          const planned: Planned = planOf(stories, policy, before, at);
          const servers = planned.plan.servers;
          expect(
            servers.some((server) => server.weight === 100),
            'never empty, the largest at the maximum',
          ).to.equal(true);
          expect(servers.every(({ weight }) => weight === 0 || (weight >= 10 && Number.isInteger(weight)))).to.equal(
            true,
          );
          const { panic, blind, minimum } = planned.census;
          const known: ServiceRecord | null = before;
          const inside = (id: string): boolean => (known?.instances[id]?.weight ?? 0) > 0;
          const taken = servers.filter(
            ({ instance }) => inside(instance) && planned.record.instances[instance]?.weight === 0,
          );
          const left = Object.values(planned.record.instances).filter(({ weight }) => weight > 0).length;
          if (panic === null && taken.length > 0) expect(left).to.be.at.least(minimum);
          if (blind !== null) expect(taken).to.deep.equal([]);
          expect(planOf(stories, policy, before, at)).to.deep.equal(planned);
          before = planned.record;
        }
      }),
      { numRuns: 150 },
    );
  });

  it('gives the better score no less weight, outside of panic, ramps and probations', () => {
    const score = fc.integer({ min: 50, max: 100 });
    fc.assert(
      fc.property(fc.array(score, { minLength: 2, maxLength: 8 }), (scores) => {
        const stories = scores.map((s): InstanceStory => ({
          zone: s >= 80 ? 'green' : 'yellow',
          score: s,
          smoothed: s,
        }));
        const given = weights(planOf(stories));
        scores.forEach((a, i) => {
          scores.forEach((b, j) => {
            if (a < b) expect(given[i]).to.be.at.most(given[j] ?? NaN);
          });
        });
      }),
    );
  });
});
