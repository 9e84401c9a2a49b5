import { expect } from 'chai';
import fc from 'fast-check';
import { canonicalJson } from '../../config/hash.js';
import { didYouMean, editDistance } from '../../config/problems.js';

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

describe('canonical JSON', () => {
  it('does not depend on the order of keys, and is JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).to.equal(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
