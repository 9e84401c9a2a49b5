import { expect } from 'chai';
import fc from 'fast-check';
import { pointsText, roundTogether } from '../../cli/views/points.js';

const tenths = (values: readonly number[]): number => values.reduce((sum, value) => sum + Math.round(value * 10), 0);

describe('points as printed', () => {
  it('rounded rows add up to what is printed as their sum', () => {
    const loss = fc.double({ min: -50, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(loss, { minLength: 1, maxLength: 12 }), (losses) => {
        const rounded = roundTogether(losses, 1);
        const exact = losses.reduce((sum, value) => sum + value, 0) * 10;
        expect(tenths(rounded)).to.be.within(Math.floor(exact), Math.ceil(exact + 1e-6));
        rounded.forEach((value, i) => expect(Math.abs(value - (losses[i] ?? 0))).to.be.lessThan(0.1 + 1e-6));
      }),
    );
  });

  it('a loss is rounded up together, as a score is rounded down', () => {
    expect(roundTogether([33.33, 33.33, 33.33], 1)).to.deep.equal([33.4, 33.3, 33.3]);
    expect(roundTogether([50.04], 1)).to.deep.equal([50.1]);
    expect(roundTogether([0, 11.1, 0], 1)).to.deep.equal([0, 11.1, 0]);
  });

  it('what is lost has a minus, what a floor gives back a plus', () => {
    expect([11.1, 0, -30].map(pointsText)).to.deep.equal(['-11.1', '0.0', '+30.0']);
  });
});
