import { expect } from 'chai';
import fc from 'fast-check';
import { digestOf } from '../../../lib/consul/digest.js';

describe('digestOf', () => {
  it('is the same for the same answer, and another for another', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        expect(digestOf(one) === digestOf(other)).equal(isSame);
        expect(digestOf(one)).equal(digestOf(structuredClone(one)));
      }),
    );
  });

  it('sees a change wherever in a long answer it is, also within a character that is cut in two', () => {
    const long = 'a'.repeat(16_382);
    const all = ['', 'a', 'b', '😀', '😁', '😀b', '🙀b'].map((end) => digestOf([long + end, end]));
    const tails = ['x', 'y', '😀', '😁'].map((end) => digestOf(long.repeat(5) + end));
    expect(new Set([...all, ...tails]).size).equal(all.length + tails.length);
  });
});
