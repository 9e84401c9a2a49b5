import { expect } from 'chai';
import fc from 'fast-check';
import { certaintyOf, doubtsOf } from '../../../cli/init/certainty.js';
import { roundUp, thresholdText } from '../../../cli/init/round.js';
import { statisticsOf, type Statistics } from '../../../cli/init/statistics.js';
import { adviseOn } from '../../../cli/init/thresholds.js';
import type { MetricPolicy } from '../../../config/index.js';
import { readThreshold, thresholdIn } from '../../../config/thresholds.js';
import { gaugeNamed } from '../../support/observations.js';

const units = ['none', 'seconds', 'ratio', 'bytes', 'count'] as const;
const seen = (...values: number[]): Statistics => {
  const found = statisticsOf(values);
  if (found === null) throw new Error('no values');
  return found;
};
const of = (unit: MetricPolicy['unit'], good: number, critical: number): MetricPolicy =>
  gaugeNamed('m', { unit, good, critical });

describe('statistics', () => {
  it('are values that were seen', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(statisticsOf(hundred)).deep.equal({ count: 100, least: 1, median: 50, p95: 95, most: 100 });
    expect(statisticsOf([3])).deep.equal({ count: 1, least: 3, median: 3, p95: 3, most: 3 });
    expect(statisticsOf([2, Number.NaN, 1, Infinity])).include({ count: 2, most: 2 });
    expect(statisticsOf([])).equal(null);
  });
});

describe('a round number', () => {
  it('is the next that a person would write', () => {
    for (const [value, round] of [
      ...([
        [0.0211, 0.025],
        [1, 1],
        [1.01, 1.2],
        [9, 10],
        [80.5, 100],
        [0.3, 0.3],
        [0.30001, 0.4],
        [7, 8],
      ] as const),
      ...([
        [0, 0],
        [-3, 0],
        [1e-7, 1e-7],
        [123_456, 150_000],
        [0.1 + 0.2, 0.3],
      ] as const),
    ])
      expect(roundUp(value), String(value)).equal(round);
  });

  it('is never smaller, and at most half as large again', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (value) => {
        expect(roundUp(value)).within(value * (1 - 1e-8), value * 1.5);
      }),
    );
  });

  it('is written so that a service file reads the same', () => {
    expect(thresholdText(0.25, 'seconds')).equal('250ms');
    expect(thresholdText(1.5, 'seconds')).equal('1.5s');
    expect(thresholdText(0.00012, 'seconds')).equal('0.12ms');
    expect(thresholdText(0.025, 'ratio')).equal('2.5%');
    expect(thresholdText(400_000_000, 'bytes')).equal('382MiB');
    expect(thresholdText(1_500, 'count')).equal('1500');
    fc.assert(
      fc.property(fc.constantFrom(...units), fc.double({ min: 1e-5, max: 1e10, noNaN: true }), (unit, value) => {
        const round = unit === 'ratio' ? Math.min(1, roundUp(value)) : roundUp(value);
        const text = thresholdText(round, unit);
        const raw = unit === 'none' || unit === 'count' ? Number(text) : text;
        expect(readThreshold(raw), text).not.equal(null);
        const read = thresholdIn(raw, unit);
        const slack = unit === 'bytes' ? 1 + round / 8 : round * 1e-5;
        expect('value' in read ? read.value : Number.NaN, text).within(round * (1 - 1e-5), round + slack);
      }),
    );
  });
});

describe('thresholds from what was seen', () => {
  it('of a latency are twice what is usual, with the distance of the preset', () => {
    expect(adviseOn(of('seconds', 0.25, 1), seen(0.2, 0.21, 0.2))).deep.equal({
      ...{ kind: 'set', good: 0.5, critical: 2, worse: false },
    });
    expect(adviseOn(of('seconds', 0.25, 1), seen(2, 2.1))).include({ good: 5, critical: 20, worse: true });
  });

  it('of a latency are never tighter than a quarter of the preset: a quiet minute is no measure', () => {
    expect(adviseOn(of('seconds', 0.25, 1), seen(0.001, 0.002))).include({ good: 0.08, critical: 0.4 });
  });

  it('of a count follow what was seen', () => {
    expect(adviseOn(of('count', 10_000, 100_000), seen(900, 1_100, 1_000))).include({ good: 2_500, critical: 25_000 });
    expect(adviseOn(of('count', 1, 10), seen(0, 0.2))).include({ good: 0.4, critical: 4 });
    expect(adviseOn(of('count', 1, 10), seen(0, 0))).deep.include({ kind: 'keep' });
  });

  it('of a share are those of the preset while it is well', () => {
    expect(adviseOn(of('ratio', 0.7, 0.95), seen(0.1, 0.3)).kind).equal('keep');
    expect(adviseOn(of('ratio', 0.7, 0.95), seen(0.7)).kind).equal('keep');
  });

  it('of a share that is worse already are raised over it, or it does not count', () => {
    expect(adviseOn(of('ratio', 0.01, 0.1), seen(0.028))).deep.equal({
      ...{ kind: 'set', good: 0.05, critical: 0.2, worse: true },
    });
    expect(adviseOn(of('ratio', 0.75, 0.95), seen(0.8, 0.85))).include({ kind: 'set', worse: true });
    expect(adviseOn(of('ratio', 0.75, 0.95), seen(0.97, 1)).kind).equal('watch');
  });

  it('of what must not be at all stay, and it does not count while it is', () => {
    expect(adviseOn(of('count', 0, 2), seen(0)).kind).equal('keep');
    expect(adviseOn(of('count', 0, 2), seen(0, 2)).kind).equal('watch');
    const stall = gaugeNamed('m', { source: { kind: 'stall', inFlight: 'a', completed: 'b', atLeast: 3 } });
    expect(adviseOn(stall, seen(0)).kind).equal('keep');
    expect(adviseOn(stall, seen(0, 1)).kind).equal('watch');
  });

  it('of what is better the larger it is stay while it is well', () => {
    expect(adviseOn(of('ratio', 0.99, 0.9), seen(0.995)).kind).equal('keep');
    expect(adviseOn(of('ratio', 0.99, 0.9), seen(0.995, 0.95)).kind).equal('watch');
  });

  it('never let anything that was seen cost a point, and leave critical far from it', () => {
    const preset = fc
      .tuple(fc.double({ min: 0.001, max: 1e6, noNaN: true }), fc.double({ min: 1.05, max: 20, noNaN: true }))
      .map(([good, times]) => ({ good, critical: good * times }));
    const values = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.constantFrom(...units), preset, values, (unit, { good, critical }, all) => {
        const isShare = unit === 'ratio';
        const cut = (value: number): number => (isShare ? value / 1e9 : value);
        const limits = isShare ? { good: Math.min(0.9, good), critical: 0.95 } : { good, critical };
        const statistics = seen(...all.map(cut));
        const advice = adviseOn(of(unit, limits.good, limits.critical), statistics);
        if (advice.kind === 'keep') expect(statistics.most <= limits.good || statistics.most === 0).equal(true);
        if (advice.kind !== 'set') return;
        expect(advice.good).at.least(statistics.most);
        expect(advice.critical).above(advice.good);
        if (!isShare) expect(advice.critical).at.least(3 * statistics.most);
        expect(advice.critical <= 1 || !isShare).equal(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('how sure it is', () => {
  it('is low after a short look, and good only after a day of several instances', () => {
    expect(certaintyOf({ durationMs: 40_000, instances: 3 })).deep.equal({ level: 'low', doubts: ['a look of 40s'] });
    expect(certaintyOf({ durationMs: 3_600_000, instances: 1 })).deep.equal({
      level: 'fair',
      doubts: ['a look of 1h', 'a single instance'],
    });
    expect(certaintyOf({ durationMs: 86_400_000, instances: 2 })).deep.equal({ level: 'good', doubts: [] });
  });

  it('is less where samples are few or never moved', () => {
    expect(doubtsOf(seen(1, 2))).deep.equal(['few samples']);
    expect(doubtsOf(seen(...new Array<number>(30).fill(4)))).deep.equal(['flat: it never moved']);
    expect(doubtsOf(seen(...Array.from({ length: 30 }, (_, i) => i)))).deep.equal([]);
  });
});
