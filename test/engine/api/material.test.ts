import { expect } from 'chai';
import fc from 'fast-check';
import type { InstanceScore } from '../../../engine/client/index.js';
import { isMaterial } from '../../../engine/api/material.js';
import { instanceScore } from '../../support/scores.js';

describe('a material change', () => {
  const before = instanceScore({ smoothed: 92 });
  const cases: readonly [string, Partial<InstanceScore>, boolean][] = [
    ['another zone', { zone: 'yellow' }, true],
    ['a process that died', { up: { state: 'down', since: 1, why: 'connection refused', by: 'refusal' } }, true],
    ['another Consul status', { consul: 'critical' }, true],
    ['another port', { port: 8081 }, true],
    ['another process', { joinedAt: 5 }, true],
    ['a smoothed score in a lower step', { smoothed: 88 }, true],
    ['a smoothed score in a higher step', { smoothed: 96 }, true],
    ['a smoothed score that is there no more', { smoothed: null }, true],
    ['a smoothed score in the same step', { smoothed: 94.9 }, false],
    ['newer numbers', { score: 20, at: 5, evaluation: 2, coverage: 0.9, why: 'other words' }, false],
    ['another streak', { streak: { zone: 'red', count: 2, since: 5 } }, false],
  ];
  for (const [name, change, expected] of cases)
    it(`is ${expected ? '' : 'not '}${name}`, () =>
      expect(isMaterial(before, { ...before, ...change })).to.equal(expected));

  it('is not a score that hovers at the edge of a step', () => {
    const at = (smoothed: number): InstanceScore => instanceScore({ smoothed });
    expect(isMaterial(at(90.3), at(89.8))).to.equal(false);
    expect(isMaterial(at(90.3), at(89.2))).to.equal(true);
  });

  it('never leaves a reader with a score that is more than five points off', () => {
    const score = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(score, score, (one, other) => {
        const silent = !isMaterial(instanceScore({ smoothed: one }), instanceScore({ smoothed: other }));
        expect(silent && Math.abs(one - other) > 5).to.equal(false);
      }),
    );
  });
});
