import { expect } from 'chai';
import fc from 'fast-check';
import { evidenceOf, wilsonLowerBound, windowsFor } from '../../../engine/derive/evidence.js';

describe('evidence', () => {
  // Worked out with the textbook formula for z = 2.5.
  const rows: readonly (readonly [bad: number, total: number, value: number])[] = [
    [0, 100, 0],
    [2, 2, 0],
    [3, 3, 3 / (3 + 6.25)],
    [10, 10, 10 / (10 + 6.25)],
    [50, 100, 0.3787],
    [3, 100, 0.0079],
    [5, 10, 0.1899],
    [1000, 1000, 1000 / 1006.25],
    [500, 1000, 0.4606],
    [0, 0, 0],
  ];
  for (const [bad, total, value] of rows)
    it(`${bad} of ${total} prove ${value.toFixed(4)}`, () => expect(evidenceOf(bad, total)).to.be.closeTo(value, 1e-4));

  it('takes more bad than all for all bad', () => expect(evidenceOf(10, 5)).to.equal(evidenceOf(10, 10)));

  const counts = fc.tuple(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }));

  it('never says more than the share itself, nor less than nothing', () => {
    fc.assert(
      fc.property(counts, ([total, share]) => {
        const bad = Math.floor(total * share);
        expect(wilsonLowerBound(bad, total)).to.be.within(0, bad / total);
      }),
      { numRuns: 200 },
    );
  });

  it('rises with the bad ones, and with more of the same', () => {
    fc.assert(
      fc.property(counts, ([total, share]) => {
        const bad = Math.floor((total - 1) * share);
        expect(wilsonLowerBound(bad + 1, total)).to.be.greaterThan(wilsonLowerBound(bad, total));
        expect(wilsonLowerBound(2 * bad, 2 * total)).to.be.at.least(wilsonLowerBound(bad, total) - 1e-12);
      }),
      { numRuns: 200 },
    );
  });

  it('lets windows shorter than the interval fall together with it', () => {
    expect(windowsFor(1_000)).to.deep.equal([1_000, 3_000, 10_000, 30_000]);
    expect(windowsFor(5_000)).to.deep.equal([5_000, 10_000, 30_000]);
    expect(windowsFor(60_000)).to.deep.equal([60_000]);
  });
});
