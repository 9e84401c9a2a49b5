import { expect } from 'chai';
import fc from 'fast-check';
import { didYouMean, editDistance } from '../../lib/spelling.js';

describe('did you mean', () => {
  it('counts a swap of neighbours as one mistake', () => {
    expect([editDistance('zonse', 'zones'), editDistance('wieght', 'weight'), editDistance('', 'abc')]).to.deep.equal([
      1, 1, 3,
    ]);
  });

  it('is a distance', () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).to.equal(editDistance(b, a));
        expect(editDistance(a, b) === 0).to.equal(a === b);
        expect(editDistance(a, b)).to.be.at.most(Math.max(a.length, b.length));
      }),
    );
  });

  it('is silent rather than far off', () => {
    expect(didYouMean('metrcs', ['metrics', 'zones'])).to.equal('did you mean "metrics"?');
    expect(didYouMean('banana', ['metrics', 'zones'])).to.equal(null);
  });
});
