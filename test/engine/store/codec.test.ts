import { expect } from 'chai';
import fc from 'fast-check';
import { BallastError } from '../../../lib/errors.js';
import { decodePoints, encodeChunk, encodePlain } from '../../../engine/store/codec.js';
import { statusCode, upCode, upWords, zoneCode, zoneWords, type Point } from '../../../engine/store/index.js';
import { decodeColumns } from '../../../engine/store/point-columns.js';

const score = fc.option(fc.float({ min: 0, max: 100, noNaN: true }));
const metric = fc.record({
  value: fc.option(fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: -1000, max: 1000 }))),
  penalty: fc.option(fc.float({ min: 0, max: 1, noNaN: true })),
  status: fc.constantFrom(
    'judged',
    'held',
    'never-exposed',
    'empty',
    'missing',
    'stale',
    'not-a-number',
    'warming-up',
    'too-little-traffic',
    'ambiguous',
  ),
});
const points = fc.integer({ min: 0, max: 10 }).chain((width) =>
  fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 4_102_444_800_000 }),
      zone: fc.constantFrom('green', 'yellow', 'red', 'unknown'),
      up: fc.constantFrom('up', 'down', 'unknown'),
      raw: score,
      smoothed: score,
      levels: fc.record({ app: score, system: score, gateway: score }),
      metrics: fc.array(metric, { minLength: width, maxLength: width }),
    }),
    { minLength: 1, maxLength: 70 },
  ),
) as fc.Arbitrary<Point[]>;

const near = (one: number | null, other: number | null): boolean => {
  if (one === null || other === null || !Number.isFinite(one)) return one === other;
  return Math.abs(one - other) <= Math.max(Math.abs(one) * 2 ** -28, Number.MIN_VALUE * 2 ** 24);
};

const withoutValues = (list: readonly Point[]): unknown =>
  list.map((point) => ({
    ...point,
    metrics: point.metrics.map(({ status, penalty }) => ({ status, penalty: (penalty ?? 0) + 0 })),
  }));

describe('the history codec', () => {
  it('gives the same numbers as columns', () => {
    const orNull = (value: number | undefined): number | null =>
      value === undefined || Number.isNaN(value) ? null : value;
    fc.assert(
      fc.property(points, fc.boolean(), (before, plain) => {
        const bytes = (plain ? encodePlain : encodeChunk)(before);
        const columns = decodeColumns(bytes);
        decodePoints(bytes).forEach((point, i) => {
          const state = columns.states[i] ?? -1;
          expect([columns.times[i], zoneWords[zoneCode(state)], upWords[upCode(state)]]).to.deep.equal([
            point.at,
            point.zone,
            point.up,
          ]);
          expect([orNull(columns.raw[i]), orNull(columns.smoothed[i])]).to.deep.equal([point.raw, point.smoothed]);
          expect(columns.metrics.map(({ statuses, values }) => [statuses[i], orNull(values[i])])).to.deep.equal(
            point.metrics.map(({ status, value }) => [statusCode[status], value]),
          );
        });
      }),
      { numRuns: 50 },
    );
    expect(() => decodeColumns(Uint8Array.of(9, 9))).to.throw(BallastError);
  });

  for (const [name, encode] of Object.entries({ encodeChunk, encodePlain })) {
    it(`gives back what ${name} was given, values to eight digits`, () => {
      fc.assert(
        fc.property(points, (before) => {
          const after = decodePoints(encode(before));
          expect(JSON.stringify(withoutValues(after))).to.equal(JSON.stringify(withoutValues(before)));
          before.forEach((point, i) =>
            point.metrics.forEach((each, k) => {
              expect(near(each.value, after[i]?.metrics[k]?.value ?? null), `${each.value}`).to.equal(true);
            }),
          );
        }),
        { numRuns: 100 },
      );
    });
  }

  it('never returns anything but points or a clear error for damaged bytes', () => {
    const good = encodeChunk([
      {
        at: 1,
        zone: 'red',
        up: 'down',
        raw: 0,
        smoothed: 1,
        levels: { app: 0, system: null, gateway: null },
        metrics: [],
      },
    ]);
    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(good.length),
        (where, byte, length) => {
          const bad = Buffer.from(good.subarray(0, length));
          if (where < bad.length) bad[where] = byte;
          try {
            decodePoints(bad);
          } catch (error) {
            expect(error).to.be.instanceOf(BallastError).with.property('code', 'HISTORY_DAMAGED');
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('refuses a layout of a newer version', () => {
    expect(() => decodePoints(Uint8Array.of(9, 1, 2))).to.throw(BallastError, 'cannot be read');
  });

  it('keeps five minutes of a quiet instance under 200 bytes', () => {
    const quiet = Array.from({ length: 60 }, (_, i): Point => ({
      at: 1_800_000_000_000 + i * 5_000,
      zone: 'green',
      up: 'up',
      raw: 100,
      smoothed: 100,
      levels: { app: 100, system: 100, gateway: null },
      metrics: Array.from({ length: 8 }, () => ({ value: 0, penalty: 0, status: 'judged' as const })),
    }));
    expect(encodeChunk(quiet).length).to.be.below(200);
  });
});
