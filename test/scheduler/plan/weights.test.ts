import { expect } from 'chai';
import fc from 'fast-check';
import type { ZonePolicy } from '../../../config/index.js';
import { traffic as policy } from '../../../config/defaults.js';
import { shareOf } from '../../../engine/client/index.js';
import { floorWeight, nextWeight, normalise, rampShare } from '../../../scheduler/plan/weights.js';

const zones: ZonePolicy = { goodScore: 80, criticalScore: 50, maxScore: 80, fall: 3, rise: 2, minCoverage: 0.6 };
const share = fc.double({ min: 0.1, max: 1, noNaN: true });
const weight = fc.integer({ min: 10, max: 100 });

describe('weights', () => {
  it('a yellow share follows the score between critical and max, never under the floor', () => {
    const shares = [20, 50, 53, 65, 80, 95].map((score) => shareOf(score, zones, 0.1));
    expect(shares).to.deep.equal([0.1, 0.1, 0.1, 0.5, 1, 1]);
  });

  it('the slow start is linear from the floor', () => {
    expect([0, 30_000, 60_000, 90_000].map((ms) => rampShare(ms, policy))).to.deep.equal([0.1, 0.55, 1, 1]);
    expect(rampShare(0, { ...policy, slowStartMs: 0 })).to.equal(1);
  });

  const cases: [string, number, number, boolean, number][] = [
    ['from out, no higher than one raise', 0, 1, true, 20],
    ['from out to the floor', 0, 0.1, true, 10],
    ['a step and a half is not left', 100, 0.85, false, 100],
    ['beyond it, to the nearest step', 100, 0.84, false, 80],
    ['falling by any', 100, 0.1, false, 10],
    ['rising by a fifth at most', 30, 0.9, false, 50],
    ['full is always reached', 90, 1, false, 100],
    ['an exact pull moves by less than a step', 15, 0.1, true, 10],
  ];
  for (const [name, last, to, exact, expected] of cases)
    it(`${name}: ${last} drawn to ${to * 100} % becomes ${expected}`, () => {
      expect(nextWeight(last, { share: to, exact }, policy)).to.equal(expected);
    });

  it('is monotone in score, for the same last weight', () => {
    const score = fc.double({ min: 50, max: 100, noNaN: true });
    fc.assert(
      fc.property(weight, score, score, (last, a, b) => {
        const of = (s: number): number =>
          nextWeight(last, { share: shareOf(s, zones, policy.floor), exact: false }, policy);
        expect(of(Math.min(a, b))).to.be.at.most(of(Math.max(a, b)));
      }),
    );
  });

  it('is a whole number between floor and maximum, and rises by a fifth at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 1000 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        share,
        share,
        fc.boolean(),
        (maxWeight, floor, from, to, exact) => {
          const own = { ...policy, maxWeight, floor };
          const last = Math.max(floorWeight(own), Math.round(from * maxWeight));
          const next = nextWeight(last, { share: Math.max(floor, to), exact }, own);
          expect(Number.isInteger(next)).to.equal(true);
          expect(next).to.be.within(floorWeight(own), maxWeight);
          expect(next - last).to.be.at.most(Math.max(1, maxWeight * 0.2) + 0.5);
        },
      ),
    );
  });

  it('always reaches full weight', () => {
    fc.assert(
      fc.property(weight, (start) => {
        let last = start;
        for (let i = 0; i < 5; i++) last = nextWeight(last, { share: 1, exact: false }, policy);
        expect(last).to.equal(100);
      }),
    );
  });

  it('always reaches the floor, where its equals are', () => {
    for (const last of [100, 50, 20, 15, 11])
      expect(nextWeight(last, { share: 0.1, exact: false }, policy), `from ${last}`).equal(10);
    expect(nextWeight(10, { share: 0.24, exact: false }, policy)).equal(10);
  });

  it('normalises to the largest: lowered alike is not lowered; zero stays zero, and order stays order', () => {
    expect(normalise([50, 50, 0], policy)).to.deep.equal([100, 100, 0]);
    expect(normalise([100, 30], policy)).to.deep.equal([100, 30]);
    expect(normalise([0, 0], policy)).to.deep.equal([0, 0]);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 10, 20, 30, 50, 70, 100), { minLength: 1 }), (weights) => {
        const after = normalise(weights, policy);
        if (weights.some((w) => w > 0)) expect(Math.max(...after)).to.equal(100);
        weights.forEach((a, i) =>
          weights.forEach((b, j) => {
            if (a <= b) expect(after[i]).to.be.at.most(after[j] ?? NaN);
            expect(after[i] === 0).to.equal(a === 0);
          }),
        );
      }),
    );
  });
});
