/** The fast way to judge a recorded point is the pipeline's, to the last bit. */
import { expect } from 'chai';
import fc from 'fast-check';
import { FastJudge } from '../../../engine/replay/fast-judge.js';
import { FastScore } from '../../../engine/replay/fast-score.js';
import { Feed } from '../../../engine/replay/feed.js';
import { PipelineJudge, type Judge } from '../../../engine/replay/judge.js';
import { policyFor } from '../../support/policy.js';
import { anyPoints, anyPolicies, partOf, pastOf } from './past.js';

const said = ({ zone, score, smoothed }: Judge) => ({ zone, score, smoothed });

const sameAsThePipeline = (runs: number): void => {
  const recorded = anyPolicies.chain(({ was, is }) => anyPoints(was).map((points) => ({ was, is, points })));
  fc.assert(
    fc.property(recorded, ({ was, is, points }) => {
      const part = partOf(was, points);
      const policies = new Map([[was.hash, pastOf(was)]]);
      const feed = new Feed(is, policies);
      const [fast, slow] = [new FastJudge(is), new PipelineJudge(is)];
      let last = points[0]?.at ?? 0;
      points.forEach(({ at }, i) => {
        if (at - last > 5_000) for (const judge of [fast, slow]) judge.expire(last + 3_000);
        const input = feed.read(part, i);
        fast.step(input);
        slow.step(input);
        expect(said(fast), `point ${i}`).deep.equal(said(slow));
        last = at;
      });
    }),
    { numRuns: runs },
  );
};

describe('the fast judge of a replay', () => {
  it('says what the pipeline says, of any policy and any past', () => sameAsThePipeline(250)).timeout(60_000);
  it('long: says what the pipeline says, of any policy and any past', () => sameAsThePipeline(20_000)).timeout(600_000);

  it('leaves to the pipeline what it does not do', () => {
    const metric = (more: string) => policyFor(`metrics: {m: {level: app, query: m, good: 0, critical: 1, ${more}}}`);
    expect(FastScore.fits(metric('weight: 1'))).equal(true);
    expect(FastScore.fits(metric('curve: {expression: "p^2"}'))).equal(false);
    expect(FastScore.fits(metric('no_data: worst'))).equal(false);
    expect(FastScore.fits(metric('no_data: hold'))).equal(false);
  });
});
