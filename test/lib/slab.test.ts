/** Slabs against plain arrays: nobody's numbers are touched by what others take, write and give back. */
import { expect } from 'chai';
import fc from 'fast-check';
import { Slab, Slabs, type Piece } from '../../lib/slab.js';
import { Chain, linkSize } from '../../engine/store/chain.js';

const numbersOf = (slab: Slab, piece: Piece): number[] => {
  const from = slab.from(piece);
  return [...slab.sheet(piece).doubles.subarray(from, from + slab.size)];
};

describe('Slab', () => {
  it('keeps pieces apart, and hands out clean ones', () => {
    const move = fc.record({ takes: fc.boolean(), which: fc.nat(), value: fc.double() });
    fc.assert(
      fc.property(fc.constantFrom(1, 3, 600, 1_500), fc.array(move, { maxLength: 40 }), (size, moves) => {
        const slab = new Slab(size);
        const held: { readonly piece: Piece; readonly value: number }[] = [];
        for (const { takes, which, value } of moves) {
          if (takes || held.length === 0) {
            const piece = slab.take();
            expect(numbersOf(slab, piece).every((each) => Object.is(each, 0))).equal(true);
            const from = slab.from(piece);
            slab.sheet(piece).doubles.fill(value, from, from + size);
            held.push({ piece, value });
          } else {
            const [given] = held.splice(which % held.length, 1);
            if (given) slab.give(given.piece);
          }
          expect(new Set(held.map(({ piece }) => piece)).size).equal(held.length);
          for (const { piece, value: own } of held)
            expect(numbersOf(slab, piece).every((each) => Object.is(each, own))).equal(true);
        }
      }),
    );
  });

  it('gives up sheets that nobody uses, but for one', () => {
    const slab = new Slab(1_024);
    const pieces = Array.from({ length: 40 }, () => slab.take());
    const { sheets } = slab;
    expect(sheets).equal(10);
    for (const piece of pieces) slab.give(piece);
    expect(slab.sheets).equal(1);
    const again = Array.from({ length: 40 }, () => slab.take());
    expect(new Set(again).size).equal(40);
    expect(slab.sheets).equal(10);
  });

  it('has whole numbers over the doubles of a piece', () => {
    const slab = new Slabs().of(20);
    expect(slab.size).equal(24);
    const [, piece] = [slab.take(), slab.take()];
    slab.sheet(piece).ints[2 * slab.from(piece)] = 5;
    expect(numbersOf(slab, piece)[0]).not.equal(0);
  });
});

describe('Chain', () => {
  it('gives back what was pushed, beside others in the same slab', () => {
    const move = fc.record({
      which: fc.nat(2),
      values: fc.array(fc.double(), { maxLength: 40 }),
      clears: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 30 }), (moves) => {
        const slab = new Slab(linkSize);
        const all = Array.from({ length: 3 }, () => ({ chain: new Chain(slab), values: [] as number[] }));
        for (const { which, values, clears } of moves) {
          const one = all[which];
          if (!one) continue;
          if (clears) {
            one.chain.clear();
            one.values = [];
          }
          for (const value of values) one.chain.push(value);
          one.values.push(...values);
          for (const { chain, values: expected } of all) expect([...chain.read()]).deep.equal(expected);
        }
        for (const { chain } of all) chain.clear();
        expect(slab.sheets).lessThanOrEqual(1);
      }),
    );
  });
});
