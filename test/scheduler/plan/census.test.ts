import { expect } from 'chai';
import fc from 'fast-check';
import { atLeast } from '../../../scheduler/facts.js';
import { desiredCount, minimumOf, noteCount, type SeenCounts } from '../../../scheduler/plan/census.js';
import { policyFor } from '../../support/policy.js';

const minute = 60_000;

describe('census', () => {
  it('rounds shares up, without a share of a bit', () => {
    const share = (value: number, of: number): number => atLeast({ kind: 'share', value }, of);
    expect([share(0.5, 3), share(0.5, 2), share(0.5, 1), share(0.1, 30), share(0.1, 31), share(0.6, 5)]).to.deep.equal([
      2, 1, 1, 3, 4, 3,
    ]);
    expect(atLeast({ kind: 'count', value: 4 }, 3)).to.equal(4);
  });

  it('keeps at least one, whatever the file says', () => {
    expect(minimumOf(policyFor('guardrails: {min_available: 0%}'), 5)).to.equal(1);
  });

  it('desires what is declared, else the largest count of ten minutes, never the live count alone', () => {
    const policy = policyFor();
    const fallen = noteCount([], 5, 2, 0);
    expect(fallen).to.deep.equal([{ at: 0, count: 5 }]);
    expect(desiredCount(policy, fallen, 2)).to.equal(5);
    expect(noteCount(fallen, 2, 2, 9 * minute)).to.equal(fallen);
    expect(noteCount(fallen, 2, 2, 10 * minute)).to.deep.equal([]);
    expect(noteCount(fallen, 2, 6, minute)).to.deep.equal([]);
    expect(desiredCount(policyFor('guardrails: {desired: 9}'), fallen, 2)).to.equal(9);
  });

  it('never desires less than was there within ten minutes', () => {
    const counts = fc.array(
      fc.record({ dt: fc.integer({ min: 1, max: 5 * minute }), count: fc.integer({ min: 0, max: 20 }) }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(counts, (steps) => {
        let seen: SeenCounts = [];
        let now = 0;
        let before = steps[0]?.count ?? 0;
        // A count lasts until the next one is seen.
        const lasted: { until: number; count: number }[] = [];
        for (const { dt, count } of steps) {
          now += dt;
          lasted.push({ until: now, count: before });
          seen = noteCount(seen, before, count, now);
          before = count;
          const largest = Math.max(
            count,
            ...lasted.filter((one) => now - one.until < 10 * minute).map((one) => one.count),
          );
          expect(desiredCount(policyFor(), seen, count)).to.equal(largest);
        }
      }),
      { numRuns: 50 },
    );
  });
});
