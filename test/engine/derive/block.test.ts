/** A block against rows that are simply remembered: the same samples, to the last bit, whatever pages show. */
import { expect } from 'chai';
import fc from 'fast-check';
import { Slabs } from '../../../lib/slab.js';
import { Block, cell } from '../../../engine/derive/store/block.js';
import { isNarrow } from '../../../engine/derive/store/cells.js';
import { Interning, type Series } from '../../../engine/derive/store/interning.js';

const rows = 4;
const count = 6;

const value = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(0, -0, NaN, Infinity, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 0.5, 1e300),
  fc.double(),
);
const put = fc.record({
  nth: fc.nat(count - 1),
  value: fc.oneof({ weight: 3, arbitrary: fc.nat(1_000) }, { weight: 1, arbitrary: value }),
  ownMs: fc.oneof(
    { weight: 9, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.oneof(fc.nat(50), fc.integer({ min: 995, max: 1_015 })) },
  ),
});
/** Most pages show the same series in the same order. */
const usual = fc
  .array(fc.record({ value: put.map((each) => each.value) }), { minLength: count, maxLength: count })
  .map((all) => all.map((each, nth) => ({ nth, value: each.value, ownMs: null })));
const page = fc.record({
  follows: fc.boolean(),
  puts: fc.oneof({ weight: 3, arbitrary: usual }, { weight: 1, arbitrary: fc.array(put, { maxLength: 8 }) }),
});
type Page = typeof page extends fc.Arbitrary<infer T> ? T : never;

interface Sample {
  readonly value: number;
  readonly at: number;
  readonly state: number;
}

/** Rows as they came, newest first. */
class Remembered {
  readonly all: { readonly at: number; readonly follows: boolean; readonly samples: Map<Series, Sample> }[] = [];
  readonly #stamps = new Map<Series, number>();

  add(at: number, { follows, puts }: Page, series: readonly Series[]): void {
    const samples = new Map<Series, Sample>();
    for (const { nth, value: shown, ownMs } of puts) {
      const each = series[nth];
      if (each && !samples.has(each)) samples.set(each, this.#sample(each, shown, ownMs, at));
    }
    this.all.unshift({ at, follows, samples });
    this.all.length = Math.min(this.all.length, rows);
  }

  /** A series that was given up begins anew. */
  forget(series: Series): void {
    this.#stamps.delete(series);
  }

  #sample(each: Series, shown: number, ownMs: number | null, at: number): Sample {
    if (ownMs === null && !this.#stamps.has(each)) return { value: shown, at, state: cell.value };
    const before = this.#stamps.get(each) ?? this.#lastOf(each);
    const now = ownMs ?? at;
    this.#stamps.set(each, Math.max(now, before));
    return { value: shown, at: Math.max(now, before), state: now > before ? cell.value : cell.kept };
  }

  /** When its last sample was taken, of those that are held beside the row that is to come. */
  #lastOf(each: Series): number {
    const last = this.all.slice(0, rows - 1).find(({ samples }) => samples.has(each));
    return last?.samples.get(each)?.at ?? -Infinity;
  }
}

const placeOf = (block: Block, series: Series): number | undefined =>
  Array.from({ length: block.width }, (_, nth) => nth).find((nth) => block.seriesAt(nth) === series);

const check = (block: Block, known: Remembered, series: readonly Series[]): void => {
  expect(block.count).equal(known.all.length);
  known.all.forEach(({ at, follows }, age) => {
    expect([block.timeAt(age), block.followsAt(age)]).deep.equal([at, follows]);
  });
  for (const each of series) {
    const place = placeOf(block, each);
    const expected = known.all.map(({ samples }) => samples.get(each));
    if (place === undefined) {
      expect(expected.every((sample) => sample === undefined)).equal(true);
      continue;
    }
    expected.forEach((sample, age) => {
      expect(block.cellAt(place, age)).equal(sample?.state ?? cell.absent);
      if (sample) expect(Object.is(block.valueAt(place, age), sample.value)).equal(true);
      if (sample) expect(block.sampledAt(place, age)).equal(sample.at);
    });
    const [times, values] = [new Float64Array(rows), new Float64Array(rows)];
    for (const [from, to] of [
      [1_001, Infinity],
      [-Infinity, block.timeAt(1)],
      [block.timeAt(2), block.timeAt(1)],
    ] as const) {
      const copied = block.copy(place, from, to, times, values);
      const wanted = expected.flatMap((sample) =>
        sample?.state === cell.value && sample.at > from && sample.at <= to ? [sample] : [],
      );
      const [at, shown] = [times, values].map((cells) => [...cells.subarray(0, copied)]);
      expect(at).deep.equal(wanted.map((sample) => sample.at).reverse());
      expect(shown).deep.equal(wanted.map((sample) => sample.value).reverse());
    }
  }
};

describe('a block of any pages', () => {
  it('holds what they showed, to the last bit', () => {
    fc.assert(
      fc.property(fc.array(page, { maxLength: 14 }), fc.nat(count), (pages, room) => {
        const interning = new Interning();
        const series = Array.from({ length: count }, (_, nth) => interning.of(`s${nth}`, {}));
        const block = new Block(new Slabs(), rows, room);
        const known = new Remembered();
        for (const [nth, each] of pages.entries()) {
          block.begin(1_000 + nth, each.follows);
          for (const { nth: which, value: shown, ownMs } of each.puts) {
            const one = series[which];
            if (one) block.put(one, shown, ownMs);
          }
          block.end();
          known.add(1_000 + nth, each, series);
          check(block, known, series);
          for (const one of series) if (placeOf(block, one) === undefined) known.forget(one);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('takes for narrow what 32 bits give back', () => {
    const bits = new Int32Array(1);
    fc.assert(
      fc.property(value, (each) => {
        bits[0] = each;
        expect(isNarrow(each)).equal(Object.is(bits[0], each));
      }),
    );
  });
});
