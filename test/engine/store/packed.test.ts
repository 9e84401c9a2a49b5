import { expect } from 'chai';
import fc from 'fast-check';
import { decodePoints, encodePlain } from '../../../engine/store/codec.js';
import { PackedPoints, PointRoom } from '../../../engine/store/packed.js';
import { encodeRow, rowOfPoint } from '../../../engine/store/row.js';
import type { Point } from '../../../engine/store/point.js';

const number = fc.option(fc.constantFrom(0, -0, 1, 100, 0.1, 1e300, 12_345_678), { nil: null });
const metric = fc.record({
  status: fc.constantFrom('judged', 'held', 'missing', 'too-little-traffic', 'ambiguous' as const),
  value: number,
  penalty: number,
});
const pointWith = (width: number): fc.Arbitrary<Omit<Point, 'at'>> =>
  fc.record({
    zone: fc.constantFrom('green', 'yellow', 'red', 'unknown' as const),
    up: fc.constantFrom('up', 'down', 'unknown' as const),
    ...{ raw: number, smoothed: number },
    levels: fc.record({ app: number, system: number, gateway: number }),
    metrics: fc.array(metric, { minLength: width, maxLength: width }),
  });
const points = fc
  .nat({ max: 4 })
  .chain((width) => fc.array(pointWith(width), { minLength: 1, maxLength: 12 }))
  .map((all) => all.map((point, i): Point => ({ at: 1_000 + 5 * i, ...point })));

describe('PackedPoints', () => {
  it('gives back what was put in', () => {
    fc.assert(
      fc.property(points, ([first, ...more]) => {
        if (first === undefined) return;
        const packed = new PackedPoints(new PointRoom(), rowOfPoint(first));
        for (const point of more) packed.push(rowOfPoint(point));
        expect(packed.unpack()).to.deep.equal([first, ...more]);
        expect([packed.firstAt, packed.lastAt]).to.deep.equal([first.at, (more.at(-1) ?? first).at]);
      }),
    );
  });

  it('one point alone is encoded as it would be among its like', () => {
    const kept = (value: number | null): number | null => (value === null ? null : Math.fround(value));
    fc.assert(
      fc.property(points, ([point]) => {
        if (point === undefined) return;
        const alone = decodePoints(encodeRow(rowOfPoint(point)))[0];
        const twice = decodePoints(encodePlain([point, { ...point, at: point.at + 1 }]))[0];
        expect(alone).to.deep.equal(twice);
        expect(encodeRow(rowOfPoint(point))).to.deep.equal(encodePlain([point]));
        if (point.raw !== null && point.raw < 1e30) expect(alone?.raw).to.equal(kept(point.raw));
      }),
    );
  });
});
