/** Where Prometheus 3 answers differently from Debian's 2.42, which cannot be asked: worked out by hand. */
import { expect } from 'chai';
import { difference } from './compare.js';
import { ourAnswers } from './ours.js';
import type { Element } from './promtool.js';

const series = [
  // 8, 18 and 28 at 40, 45 and 50 s
  { series: 'newborn', values: '_x8 8 18 28' },
  { series: 'steps', values: '0+10x20' },
  { series: 'wild{i="1"}', values: 'Inf 1' },
  { series: 'b_bucket{le="1"}', values: '1000000000000' },
  { series: 'b_bucket{le="2"}', values: '1000000000000.1' },
  { series: 'b_bucket{le="+Inf"}', values: '1000000000000' },
  { series: 'text{a="x\\ny"}', values: '1' },
  { series: 'big{i="1"}', values: '1e16' },
  { series: 'big{i="2"}', values: '1' },
  { series: 'big{i="3"}', values: '-1e16' },
  { series: 'huge{i="1"}', values: '1.5e308' },
  { series: 'huge{i="2"}', values: '1.5e308' },
];

const plain = (value: number): Element[] => [{ labels: {}, value }];

const rows: readonly (readonly [query: string, atSeconds: number, answer: readonly Element[]])[] = [
  // A range is open on its left: 10, 15, 20 and not 5.
  ['count_over_time(steps[15s])', 20, plain(3)],
  ['sum_over_time(steps[15s])', 20, plain(20 + 30 + 40)],
  ['rate(steps[5s])', 20, []],
  ['increase(steps[10s])', 20, plain(20)],
  // Five minutes ago is too long ago.
  ['steps', 400, []],
  ['steps', 399.999, [{ labels: { __name__: 'steps' }, value: 200 }]],
  // Half a mean distance back, though the counter would be zero only 4 s before its first sample: 20 x (10 + 2.5) / 10
  ['increase(newborn[50s])', 50, plain(25)],
  ['stddev(wild)', 0, plain(NaN)],
  // Less than a billionth of a billionth apart: the same bucket count.
  ['histogram_quantile(1, b_bucket)', 0, plain(1)],
  // A dot is any character.
  ['text{a=~"x.y"} atan2 1', 0, [{ labels: { a: 'x\ny' }, value: Math.atan2(1, 1) }]],
  // What a plain sum would lose.
  ['sum(big)', 0, plain(1)],
  ['avg(huge)', 0, plain(1.5e308)],
  // Durations are numbers, and numbers durations; digits may be grouped.
  ['5m + 1_000', 0, plain(1300)],
  ['count_over_time(steps[15])', 20, plain(3)],
  ['steps offset 10', 20, [{ labels: { __name__: 'steps' }, value: 20 }]],
  ['first_over_time(steps[15s])', 20, [{ labels: { __name__: 'steps' }, value: 20 }]],
  ['{"steps"}', 5, [{ labels: { __name__: 'steps' }, value: 10 }]],
];

describe('PromQL of Prometheus 3', () => {
  for (const [expr, atSeconds, expected] of rows)
    it(`${expr} at ${atSeconds} s`, () => {
      const [answer = []] = ourAnswers({ intervalSeconds: 5, series, evals: [{ expr, atMs: atSeconds * 1000 }] });
      expect(difference(expected, answer) ?? '').to.equal('');
    });
});
