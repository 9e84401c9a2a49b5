/** The log's rows against a plain list of them. */
import { expect } from 'chai';
import fc from 'fast-check';
import { LogRows } from '../../../engine/store/log-rows.js';
import type { Judged } from '../../../engine/store/point.js';

const judged: readonly Judged[] = ['a', 'b'].map((instance) => {
  return { service: 'orders', instance, policy: 'p', metrics: [] };
});
const row = fc.record({
  who: fc.constantFrom(...judged),
  at: fc.nat(),
  cells: fc.array(fc.double(), { maxLength: 40 }),
});
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ add: fc.array(row, { maxLength: 60 }), drop: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ add: fc.constant([]), drop: fc.nat(120) }) },
);

describe('LogRows', () => {
  it('gives back what was put in and not dropped, in its order', () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const rows = new LogRows();
        let expected: (readonly [Judged, number, readonly number[]])[] = [];
        for (const { add, drop } of steps) {
          // What stands beyond the count is none of the row's.
          for (const { who, at, cells } of add)
            rows.add(who, { at, cells: Float64Array.of(...cells, 7), count: cells.length });
          expected.push(...add.map(({ who, at, cells }) => [who, at, cells] as const));
          const count = Math.min(drop, expected.length);
          rows.drop(count);
          expected = expected.slice(count);
          const all = Array.from(
            rows.entries(),
            (entry) => [entry.judged, entry.row.at, [...entry.row.cells]] as const,
          );
          expect(all).deep.equal(expected);
          expect(rows.length).equal(expected.length);
        }
      }),
    );
  });

  it('gives the room back that a long wait took', () => {
    const rows = new LogRows();
    const [who] = judged;
    const cells = new Float64Array(1_000);
    for (let at = 0; who && at < 600; at++) rows.add(who, { at, cells, count: cells.length });
    rows.drop(599);
    expect(Array.from(rows.entries(), ({ row: { at } }) => at)).deep.equal([599]);
  });
});
