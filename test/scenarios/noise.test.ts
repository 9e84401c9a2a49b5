/** What a fleet must bear without harm, in many simulated half hours; `scripts/demo/soak` plays the same on real parts. */
import { expect } from 'chai';
import { policyFor } from '../support/policy.js';
import { VirtualLoop, type Weather } from '../support/virtual-loop.js';

const halfHour = 1_800;
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
const few = range(1, 3);
const many = range(4, 40);

/** The demo's fleet of one service: three instances that may be healed, and a breaker as short as there. */
const loopOf = (interval: string, perSecond: number, seed: number): VirtualLoop =>
  new VirtualLoop(
    policyFor(
      `service: orders\nscrape: {interval: ${interval}}\ntraffic: {upstream: orders, breaker: {open: 2s}}\n` +
        'runtime: {docker: {}}\nheal: {mode: act, after: 5s}',
    ),
    { instances: 3, perSecond, seed },
  ).run(40);

const leavesAlone = (interval: string, perSecond: number, weather: Weather, seeds: readonly number[]): void => {
  for (const seed of seeds) {
    const loop = loopOf(interval, perSecond, seed).run(halfHour, weather);
    expect(loop, `seed ${seed}\n${loop.story()}`).include({ changes: 0, healings: 0 });
    expect(loop.lost > 0).equal(weather.lost !== undefined);
  }
};

const recovers = (perSecond: number, seeds: readonly number[]): void => {
  for (const seed of seeds) {
    const loop = loopOf('1s', perSecond, seed).run(2, { errors: 1 }, 1).run(33);
    const seconds = 35 + loop.until(() => loop.lowest === 100, 200);
    expect(seconds, `seed ${seed}\n${loop.story()}`).at.most(90);
    loop.run(60);
    expect([loop.lowest, loop.healings], `seed ${seed}\n${loop.story()}`).deep.equal([100, 0]);
  }
};

describe('1 % base errors on every instance for half an hour', function () {
  this.timeout(120_000);
  for (const [interval, perSecond] of [
    ['1s', 20],
    ['1s', 67],
    ['1s', 400],
    ['5s', 67],
  ] as const) {
    const what = `drain nobody and change no weight, at ${perSecond} requests a second and an interval of ${interval}`;
    it(what, () => leavesAlone(interval, perSecond, { errors: 0.01 }, few));
    it(`long: ${what}, many times`, () => leavesAlone(interval, perSecond, { errors: 0.01 }, many));
  }
});

describe('2 s in which one instance fails every request', function () {
  this.timeout(60_000);
  for (const perSecond of [67, 400]) {
    const what = `kill nothing, and cost full weight for less than 90 s, at ${perSecond} requests a second`;
    it(what, () => recovers(perSecond, few));
    it(`long: ${what}, many times`, () => recovers(perSecond, many));
  }
});

describe('1 % of all scrapes lost for half an hour', function () {
  this.timeout(120_000);
  for (const [interval, errors] of [
    ['1s', 0],
    ['5s', 0],
    ['1s', 0.01],
  ] as const) {
    const what = `change no weight, at an interval of ${interval}${errors > 0 ? ', with base errors besides' : ''}`;
    it(what, () => leavesAlone(interval, 67, { lost: 0.01, errors }, few));
    it(`long: ${what}, many times`, () => leavesAlone(interval, 67, { lost: 0.01, errors }, many));
  }
});

describe('what is no noise', () => {
  it('half of all requests failing on one instance takes it out within five seconds, and heals it in the end', () => {
    for (const seed of few) {
      const loop = loopOf('1s', 67, seed).run(5, { errors: 0.5 }, 1);
      expect(
        loop.processes.map(({ weight }) => weight),
        loop.story(),
      ).deep.equal([100, 0, 100]);
      expect(loop.run(20, { errors: 0.5 }, 1).healings, loop.story()).above(0);
    }
  });

  it('5 % of all requests failing on one instance lowers its weight', () => {
    for (const seed of few) {
      const loop = loopOf('1s', 67, seed).run(60, { errors: 0.05 }, 1);
      expect(loop.changes, loop.story()).above(0);
    }
  });
});
