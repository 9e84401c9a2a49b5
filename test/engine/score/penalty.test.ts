import { expect } from 'chai';
import fc from 'fast-check';
import { penalty } from '../../../engine/score/penalty.js';

const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const thresholds = fc.tuple(number, number).filter(([good, critical]) => Math.abs(good - critical) > 1e-3);

describe('penalty', () => {
  const table: readonly (readonly [string, number, number, number, number])[] = [
    ['better than good costs nothing', -5, 10, 20, 0],
    ['good costs nothing', 10, 10, 20, 0],
    ['half way costs half', 15, 10, 20, 0.5],
    ['critical costs all', 20, 10, 20, 1],
    ['worse than critical costs no more', 1e9, 10, 20, 1],
    ['more is better: good', 0.9, 0.9, 0.5, 0],
    ['more is better: half way', 0.7, 0.9, 0.5, 0.5],
    ['more is better: critical', 0.5, 0.9, 0.5, 1],
    ['more is better: worse than critical', -1, 0.9, 0.5, 1],
  ];
  for (const [name, cur, good, critical, expected] of table)
    it(name, () => expect(penalty(cur, good, critical)).closeTo(expected, 1e-12));

  it('is always within 0 and 1', () => {
    fc.assert(
      fc.property(number, thresholds, (cur, [good, critical]) => {
        expect(penalty(cur, good, critical)).within(0, 1);
      }),
    );
  });

  it('never falls as the value moves from good to critical', () => {
    fc.assert(
      fc.property(number, number, thresholds, (a, b, [good, critical]) => {
        const [nearer, farther] = good < critical ? [Math.min(a, b), Math.max(a, b)] : [Math.max(a, b), Math.min(a, b)];
        expect(penalty(nearer, good, critical)).at.most(penalty(farther, good, critical));
      }),
    );
  });

  it('is the same for a value and thresholds that are mirrored', () => {
    fc.assert(
      fc.property(number, thresholds, (cur, [good, critical]) => {
        expect(penalty(-cur, -good, -critical)).equal(penalty(cur, good, critical));
      }),
    );
  });
});
