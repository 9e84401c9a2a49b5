/** Random expressions over random series, answered by Prometheus and by us. */
import { expect } from 'chai';
import fc from 'fast-check';
import { describeWith } from '../../../support/parts.js';
import { difference } from './compare.js';
import { expression, seriesSet, time } from './expressions.js';
import { ourAnswers } from './ours.js';
import { promtoolAnswers, type Answer, type Case } from './promtool.js';

const casesOf = (count: number, expressions: number, seed: number): readonly Case[] =>
  fc.sample(
    fc.record({
      intervalSeconds: fc.constant(5),
      series: seriesSet,
      evals: fc.array(fc.record({ expr: expression, atMs: time }), { minLength: expressions, maxLength: expressions }),
    }),
    { numRuns: count, seed },
  );

const differences = (cases: readonly Case[], theirs: readonly (readonly Answer[])[]): readonly string[] =>
  cases.flatMap((each, index) => {
    const ours = ourAnswers(each);
    return each.evals.flatMap(({ expr, atMs }, nth) => {
      const differ = difference(theirs[index]?.[nth] ?? { error: 'no answer' }, ours[nth] ?? []);
      return differ === null ? [] : [`${expr} at ${atMs / 1000} s: ${differ}`];
    });
  });

const compare = async (count: number, expressions: number, seed: number): Promise<void> => {
  const cases = casesOf(count, expressions, seed);
  const found = differences(cases, await promtoolAnswers(cases));
  expect(
    found,
    `seed ${seed}: ${found.length} differences, the first:\n${found.slice(0, 5).join('\n')}`,
  ).to.have.length(0);
};

describeWith('prometheus', 'PromQL as Prometheus itself answers it', function () {
  this.timeout(600_000);

  /** Always the same ones: what differs in the last digits of the hundred-thousandth is for the long form to find. */
  it('agrees on random expressions', () => compare(4, 500, 20_261_126));

  it('long: agrees on forty thousand of them', async () => {
    for (let round = 0; round < 20; round++) await compare(10, 200, (Date.now() + round) % 2 ** 31);
  });
});
