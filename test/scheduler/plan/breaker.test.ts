import { expect } from 'chai';
import fc from 'fast-check';
import type { InstanceId } from '../../../config/index.js';
import { breaker as policy } from '../../../config/defaults.js';
import type { Breaker } from '../../../scheduler/client/index.js';
import { close, closedBreaker, judgeTrial, openForMs, stepBreaker, trip } from '../../../scheduler/plan/breaker.js';
import { instanceScore } from '../../support/scores.js';

const id = 'orders-1' as InstanceId;
const alive = { alive: true, good: true, trial: 'going-on' } as const;
const halfOpen: Breaker = { state: 'half-open', opened: 1, since: 1_000, failedProbations: 0 };

describe('breaker', () => {
  it('stays open for at least its time, doubling to the maximum, with at most a quarter on top', () => {
    const bases = [30, 60, 120, 240, 300, 300].map((s) => s * 1_000);
    bases.forEach((base, i) => expect(openForMs(policy, id, i + 1)).to.be.within(base, base * 1.25));
    expect(openForMs(policy, id, 10_000)).to.be.within(300_000, 375_000);
  });

  it('has jitter that differs between instances and never between runs', () => {
    const times = Array.from({ length: 50 }, (_, i) => openForMs(policy, `orders-${i}` as InstanceId, 1));
    expect(new Set(times).size).to.be.greaterThan(40);
    expect(openForMs(policy, id, 2)).to.equal(openForMs(policy, id, 2));
  });

  it('half-opens by time and a sign of life, never by the score', () => {
    const open = trip(closedBreaker(0), policy, id, 0);
    if (open.state !== 'open') throw new Error('not open');
    expect(stepBreaker(open, alive, policy, open.until - 1)).to.equal(open);
    expect(stepBreaker(open, { ...alive, alive: false }, policy, open.until + 1e6)).to.equal(open);
    expect(stepBreaker(open, { ...alive, good: false }, policy, open.until).state).to.equal('half-open');
  });

  it('counts a probation that failed, and not one that something else ended', () => {
    expect(trip(halfOpen, policy, id, 2_000)).to.include({ state: 'open', opened: 2, failedProbations: 1 });
    expect(trip(halfOpen, policy, id, 2_000, false)).to.include({ state: 'open', opened: 1, failedProbations: 0 });
    expect(trip(closedBreaker(0), policy, id, 0)).to.include({ opened: 1, failedProbations: 0 });
  });

  it('closes when its trial is passed, and forgets one opening for each good five minutes', () => {
    const closed = stepBreaker({ ...halfOpen, opened: 2 }, { ...alive, trial: 'passed' }, policy, 5_000);
    expect(closed).to.deep.equal({ state: 'closed', opened: 2, since: 5_000 });
    expect(stepBreaker(closed, alive, policy, 5_000 + 299_999)).to.equal(closed);
    expect(stepBreaker(closed, alive, policy, 5_000 + 300_000)).to.deep.equal({
      state: 'closed',
      opened: 1,
      since: 305_000,
    });
    expect(stepBreaker(closed, { ...alive, good: false }, policy, 1e7)).to.equal(closed);
    expect(close(closed, 9_000)).to.equal(closed);
  });

  describe('its trial', () => {
    const since = 10_000;
    const good = {
      zone: 'green',
      at: 14_000,
      streak: { zone: 'green', count: 3, since: since + 1 },
      traffic: { requests: 20, since },
    } as const;
    const cases: [string, Parameters<typeof instanceScore>[0] | null, number, string][] = [
      ['enough requests and good scores', good, 14_000, 'passed'],
      ['one request short', { ...good, traffic: { requests: 19, since } }, 14_000, 'going-on'],
      ['one good score short', { ...good, streak: { ...good.streak, count: 2 } }, 14_000, 'going-on'],
      ['one red evaluation', { ...good, streak: { zone: 'red', count: 1, since: since + 1 } }, 14_000, 'failed'],
      [
        'a red streak of before, while the engine has not seen the mark',
        { ...good, streak: { zone: 'red', count: 9, since: 0 } },
        14_000,
        'going-on',
      ],
      ['requests of before the mark', { ...good, traffic: { requests: 5_000, since: 0 } }, 14_000, 'going-on'],
      ['no traffic, not yet long enough', { ...good, traffic: { requests: 0, since } }, since + 59_999, 'going-on'],
      [
        'no traffic and no contrary evidence for a minute',
        { ...good, traffic: { requests: 0, since } },
        since + 60_000,
        'passed',
      ],
      [
        'traffic is not measured, for a minute',
        { ...good, traffic: { requests: null, since } },
        since + 60_000,
        'passed',
      ],
      [
        'yellow for a minute',
        { ...good, zone: 'yellow', streak: { zone: 'yellow', count: 60, since: since + 1 } },
        since + 60_000,
        'passed',
      ],
      ['still red, by its damped zone', { ...good, zone: 'red' }, since + 60_000, 'going-on'],
      ['unknown for a minute', { ...good, zone: 'unknown' }, since + 60_000, 'going-on'],
      ['no score', null, since + 1e6, 'going-on'],
    ];
    for (const [name, change, now, expected] of cases)
      it(`${name}: ${expected}`, () => {
        expect(judgeTrial(change ? instanceScore(change) : null, since, true, policy, now)).to.equal(expected);
      });
  });

  it('whatever happens: opened only rises by tripping, an open one has its time, plain data survives JSON', () => {
    const step = fc.record({
      dt: fc.integer({ min: 0, max: 400_000 }),
      trips: fc.boolean(),
      alive: fc.boolean(),
      good: fc.boolean(),
      trial: fc.constantFrom('passed', 'failed', 'going-on' as const),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let breaker = closedBreaker(0);
        let now = 0;
        for (const { dt, trips, ...signs } of steps) {
          now += dt;
          const stepped = stepBreaker(breaker, signs, policy, now);
          expect(stepped.opened).to.be.within(0, breaker.opened);
          if (breaker.state === 'open' && stepped.state !== 'open') expect(now).to.be.at.least(breaker.until);
          breaker = trips ? trip(stepped, policy, id, now) : stepped;
          if (breaker.state === 'open') expect(breaker.until - breaker.since).to.be.within(30_000, 375_000);
          expect(JSON.parse(JSON.stringify(breaker))).to.deep.equal(breaker);
        }
      }),
    );
  });
});
