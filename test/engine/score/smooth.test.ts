import { expect } from 'chai';
import fc from 'fast-check';
import { smooth, unsmoothed, type Smoothing } from '../../../engine/score/index.js';

const halfLives = { halfLifeDownMs: 2_000, halfLifeUpMs: 15_000 };
const run = (scores: readonly (number | null)[], intervalMs: number): Smoothing =>
  scores.reduce<Smoothing>((memory, score, i) => smooth(memory, score, halfLives, i * intervalMs), unsmoothed);

describe('smoothing', () => {
  it('begins at the first score', () => expect(run([70], 1_000).value).equal(70));
  it('does not move for one bad evaluation', () => expect(run([100, 0, 100], 1_000).value).equal(100));
  it('halves the way down in 2 s', () => expect(run([100, 0, 0], 2_000).value).closeTo(50, 1e-9));
  it('halves the way up in 15 s', () => expect(run([20, 100], 15_000).value).closeTo(60, 1e-9));
  it('keeps the last where nothing is known', () => expect(run([80, null, null], 1_000)).deep.equal(run([80], 1_000)));

  it('stays within the scores that it saw', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1 }), (scores) => {
        expect(run(scores, 1_000).value).within(Math.min(...scores) - 1e-9, Math.max(...scores) + 1e-9);
      }),
    );
  });
});
