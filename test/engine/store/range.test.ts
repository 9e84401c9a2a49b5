import { expect } from 'chai';
import fc from 'fast-check';
import { partsOf, stepFor, type Extent, type Part } from '../../../engine/store/range.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../engine/store/tiers.js';

/** Ten days into life: raw of the last day, minutes of the last five, hours since the start; minutes made until 9 d 23 h. */
const now = 10 * DAY_MS;
const extent: Extent = {
  rawFrom: 9 * DAY_MS + 7_000,
  minuteFrom: 5 * DAY_MS,
  hourFrom: 0,
  minuteUntil: now - HOUR_MS,
  hourUntil: 9 * DAY_MS,
};
const young: Extent = { rawFrom: 36_000, minuteFrom: null, hourFrom: null, minuteUntil: null, hourUntil: null };

const text = (parts: readonly Part[]): string =>
  parts.map(({ resolution, from, to }) => `${resolution} ${from / HOUR_MS}-${to / HOUR_MS}`).join(', ');

describe('which resolution answers', () => {
  for (const [name, start, end, stepMs, has, expected] of [
    ['the last hour, every evaluation', 239, 240, 0, extent, 'raw 239-240'],
    ['the last day by minutes', 216, 240, MINUTE_MS, extent, 'minute 216-239, raw 239-240'],
    ['six days by minutes', 96, 240, MINUTE_MS, extent, 'hour 96-120, minute 120-239, raw 239-240'],
    ['ten days by hours', 0, 240, HOUR_MS, extent, 'hour 0-216, minute 216-239, raw 239-240'],
    ['an old hour', 10, 11, 0, extent, 'hour 10-11'],
    ['a young file by hours', 0, 1, HOUR_MS, young, 'raw 0.01-1'],
    ['a young file by minutes', 0, 1, MINUTE_MS, young, 'raw 0.01-1'],
    ['a time before everything', -5, -4, 0, extent, ''],
  ] as const)
    it(name, () => {
      expect(text(partsOf(start * HOUR_MS, end * HOUR_MS, stepMs, has))).to.equal(expected);
    });

  it('takes minutes where raw is gone, though every evaluation was asked for', () => {
    const parts = partsOf(8 * DAY_MS, 10 * DAY_MS, 0, extent);
    expect(parts.map(({ resolution }) => resolution)).to.deep.equal(['minute', 'raw']);
    expect(parts[0]?.to).to.equal(9 * DAY_MS + MINUTE_MS);
  });

  it('never asks twice for one time, nor turns time round', () => {
    const time = fc.integer({ min: 0, max: 20 * DAY_MS });
    const maybe = fc.option(time);
    const any = fc.record({
      rawFrom: maybe,
      minuteFrom: maybe,
      hourFrom: maybe,
      minuteUntil: maybe,
      hourUntil: maybe,
    });
    fc.assert(
      fc.property(time, time, fc.constantFrom(0, 30_000, MINUTE_MS, HOUR_MS), any, (a, b, stepMs, has) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        let at = start;
        for (const { from, to } of partsOf(start, end, stepMs, has)) {
          expect(from).to.be.at.least(at);
          expect(to).to.be.above(from);
          at = to;
        }
        expect(at).to.be.at.most(end);
      }),
    );
  });

  it('chooses round steps that make no more points than asked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 * DAY_MS }), fc.integer({ min: 1, max: 5_000 }), (range, points) => {
        const step = stepFor(range, points);
        expect(step === 0 ? range / 1_000 : range / step).to.be.at.most(points);
      }),
    );
    expect([stepFor(HOUR_MS, 300), stepFor(DAY_MS, 300), stepFor(7 * DAY_MS, 300)]).to.deep.equal([
      15_000, 300_000, 3_600_000,
    ]);
    expect(stepFor(200_000, 300)).to.equal(0);
  });
});
