/** Blocks that share slabs: none touches another's samples, also when some give their room back. */
import { expect } from 'chai';
import fc from 'fast-check';
import { Block } from '../../../engine/derive/store/block.js';
import { Interning } from '../../../engine/derive/store/interning.js';
import { Slabs } from '../../../lib/slab.js';

const rows = 3;
const count = 5;
const value = fc.oneof(fc.integer(), fc.double({ noNaN: true }));
const move = fc.record({ which: fc.nat(3), values: fc.array(value, { maxLength: count }), releases: fc.boolean() });

describe('blocks in the same slabs', () => {
  it('hold each its own', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ ...{ move }, often: fc.nat(4) }), { maxLength: 40 }), (moves) => {
        const slabs = new Slabs();
        const interning = new Interning();
        const series = Array.from({ length: count }, (_, nth) => interning.of(`s${nth}`, {}));
        const make = () => ({ block: new Block(slabs, rows, 1), shown: [] as (readonly number[])[] });
        const all = Array.from({ length: 4 }, make);
        let now = 1_000;
        for (const { move: one, often } of moves) {
          const own = all[one.which];
          if (!own) continue;
          if (one.releases && often === 0) {
            own.block.release();
            expect([own.block.count, own.block.width]).deep.equal([0, 0]);
            all[one.which] = make();
            continue;
          }
          own.block.begin(now++, true);
          one.values.forEach((each, nth) => series[nth] && own.block.put(series[nth], each, null));
          own.block.end();
          own.shown = [one.values, ...own.shown].slice(0, rows);
          for (const { block, shown } of all)
            shown.forEach((values, age) => {
              const held = values.map((_, nth) => {
                const place = Array.from({ length: block.width }, (__, at) => at).find(
                  (at) => block.seriesAt(at) === series[nth],
                );
                return place === undefined ? null : block.valueAt(place, age);
              });
              expect(held).deep.equal(values);
            });
        }
      }),
    );
  });
});
