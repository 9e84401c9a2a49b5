import { expect } from 'chai';
import fc from 'fast-check';
import { medianWithout } from '../../../engine/score/peers.js';
import { assess, causesOf, peersOf, resultsOf } from '../../../engine/score/index.js';
import { gaugeNamed, judged } from '../../support/observations.js';
import { policyFor } from '../../support/policy.js';

const { scoring } = policyFor();

const median = (values: readonly number[]): number | null => {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
};

describe('peers', () => {
  it('give the median of all others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 9 }),
        fc.nat(),
        (values, pick) => {
          const own = pick % values.length;
          const sorted = Float64Array.from(values).sort();
          expect(medianWithout(sorted, values[own] ?? 0)).equal(median(values.filter((_, i) => i !== own)));
          expect(medianWithout(sorted, null)).equal(median(values));
        },
      ),
    );
  });

  it('are asked about the causes, largest loss first, a ceiling with its metric', () => {
    const metrics = [
      gaugeNamed('a'),
      gaugeNamed('b', { cap: 20 }),
      gaugeNamed('c', { dryRun: true }),
      gaugeNamed('d', { weight: 8 }),
    ];
    const of = (...penalties: number[]) =>
      assess(
        metrics.map((metric, i) => judged(metric, penalties[i] ?? 0)),
        scoring,
      );
    const own = of(1, 0.9, 1, 0);
    const causes = causesOf(
      own,
      peersOf(() => resultsOf([own, of(0.5, 0, 0, 0), of(0.7, 0, 0, 0)])),
      true,
    );
    expect(causes.map(({ name, ceiling }) => [name, ceiling])).deep.equal([
      ['b', true],
      ['a', false],
    ]);
    expect(causes.map(({ peersMedianPenalty }) => peersMedianPenalty)).deep.equal([0, 0.6]);
  });

  it('name at most eight causes', () => {
    const all = assess(
      Array.from({ length: 12 }, (_, i) => judged(gaugeNamed(`m${i}`), (i + 1) / 12)),
      scoring,
    );
    const causes = causesOf(
      all,
      peersOf(() => resultsOf([])),
      false,
    );
    expect(causes.map(({ name }) => name)).deep.equal([11, 10, 9, 8, 7, 6, 5, 4].map((i) => `m${i}`));
    expect(causes[0]?.peersMedianPenalty).equal(null);
  });
});
