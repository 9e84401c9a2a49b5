/** Queries that people write, and those that are easily got wrong, answered by Prometheus and by us. */
import { expect } from 'chai';
import { describeWith } from '../../../support/parts.js';
import { difference } from './compare.js';
import { ourAnswers } from './ours.js';
import { promtoolAnswers, type Case } from './promtool.js';

const series: Case['series'] = [
  { series: 'requests_total{code="200",job="a"}', values: '0+10x24' },
  { series: 'requests_total{code="500",job="a"}', values: '3+1x10 0+2x13' },
  { series: 'requests_total{code="200",job="b"}', values: '100 110 125 5 17 40 41 42 43 stale _ _ _ _ 50 60 70 stale' },
  { series: 'temperature{job="a"}', values: '20 21 19.5 22 NaN 25 24 24 24 18 -3 0 7 stale _ 1 2 3 stale' },
  { series: 'temperature{job="b"}', values: '5x24' },
  { series: 'limit{job="a",zone="x"}', values: '100x24' },
  { series: 'limit{job="c",zone="x"}', values: '50x24' },
  { series: 'h_bucket{job="a",le="0.1"}', values: '0+4x24' },
  { series: 'h_bucket{job="a",le="0.5"}', values: '0+7x24' },
  { series: 'h_bucket{job="a",le="2"}', values: '0+9x24' },
  { series: 'h_bucket{job="a",le="+Inf"}', values: '0+10x24' },
  { series: 'h_bucket{job="b",le="1"}', values: '0x24' },
  { series: 'h_bucket{job="b",le="+Inf"}', values: '0x24' },
];

const queries = [
  'requests_total',
  'requests_total{code!="200"}',
  'requests_total{code=~"2..|4.."}',
  '{__name__=~"temp.+|limit",job!~"[b-z]"}',
  'requests_total offset 20s',
  'rate(requests_total[30s])',
  'rate(requests_total[1m])',
  'increase(requests_total[30s])',
  'increase(requests_total[2m])',
  'irate(requests_total[1m])',
  'delta(temperature{job="b"}[40s])',
  'resets(requests_total[2m])',
  'changes(temperature[2m])',
  'rate(requests_total[30s] offset 30s)',
  'min_over_time(temperature[1m])',
  'max_over_time(temperature[1m])',
  'avg_over_time(temperature{job="b"}[1m])',
  'sum_over_time(temperature{job="b"}[1m])',
  'count_over_time(temperature[1m])',
  'last_over_time(temperature[1m])',
  'sum(requests_total)',
  'sum by (job) (requests_total)',
  'sum without (code) (rate(requests_total[1m]))',
  'avg(temperature)',
  'min by (job) (temperature)',
  'max(temperature)',
  'count(requests_total)',
  'count by (__name__) ({job="a"})',
  'histogram_quantile(0.5, rate(h_bucket[1m]))',
  'histogram_quantile(0.95, sum by (le) (rate(h_bucket[1m])))',
  'histogram_quantile(0.95, h_bucket)',
  'histogram_quantile(0, h_bucket)',
  'histogram_quantile(0.99, h_bucket{job="a"})',
  'temperature / on (job) limit',
  'temperature / ignoring (zone) limit',
  'temperature > 5',
  '5 < temperature',
  'temperature > bool 5',
  'temperature >= on (job) limit * 0.04',
  'temperature and on (job) limit',
  'temperature unless on (job) limit',
  'temperature or limit',
  'limit or on (job) temperature',
  '-temperature',
  '2 ^ 3 ^ 2 - -1 ^ 2',
  '7 % 4 / 2 * 3',
  'temperature % 4',
  'temperature == temperature',
  '1 - temperature offset 10s',
  'abs(temperature)',
  'ceil(temperature / 7)',
  'floor(temperature / 7)',
  'round(temperature / 7, 0.25)',
  'sqrt(limit)',
  'clamp(temperature, 0, 10)',
  'clamp_min(temperature, 10)',
  'clamp_max(temperature, 10)',
  'time()',
  'vector(time() / 2)',
  'scalar(limit{job="a"}) * temperature',
  'scalar(limit)',
  'absent(nothing{a="1",b=~"2"})',
  'absent(limit)',
  'sum(rate(requests_total{code=~"5.."}[1m])) / sum(rate(requests_total[1m]))',
  'sum(nothing) or vector(0)',
  'g offset -10s',
  'temperature offset 10s * -temperature offset 20s',
  '2 - temperature offset 10s ^ 2 % 7',
  'idelta(temperature[1m])',
  'deriv(requests_total[1m])',
  'predict_linear(requests_total[1m] offset 10s, 60)',
  'stddev_over_time(temperature{job="b"}[1m])',
  'quantile_over_time(0.75, temperature[1m])',
  'absent_over_time(nothing{a="1"}[1m])',
  'topk(1, limit)',
  'bottomk(2, requests_total)',
  'topk by (job) (1, requests_total)',
  'topk(0, limit)',
  'topk(NaN, limit)',
  'quantile by (job) (0.5, requests_total)',
  'stddev(limit)',
  'stdvar by (zone) (limit)',
  'group by (job) (temperature)',
  'count_values("v", requests_total)',
  'temperature * on (job) group_left (zone) limit',
  'limit * on (job) group_right temperature',
  'requests_total / on (job) group_left limit',
  'requests_total / on (job) group_right limit',
  'limit + on (zone) limit',
  'nothing + on () limit',
  'timestamp(temperature)',
  'timestamp(temperature * 1)',
  'label_replace(limit, "zone", "$1$1", "zone", "(.)")',
  'label_replace(limit, "job", "", "job", ".*")',
  'label_join(limit, "both", "/", "job", "zone")',
  'sgn(temperature)',
  'ln(limit)',
  'hour(limit * 1000)',
  'day_of_year()',
  'pi() * 1',
  '010 + 0x1F + 1e3 + .5',
  '-2 ^ 2 ^ -1',
  '1 or vector(1)',
  'temperature > bool NaN',
  '{__name__=~"temperature|limit"} * 2',
  'requests_total{job="a"} # a comment',
  '`a` == "b"',
  'limit{job=~`[[:alpha:]]`}',
  'limit{job=~"\\\\pL", zone=~"(?i)X"}',
];

/** Between the samples, so that a range that is open on its left (Prometheus 3) holds the same as a closed one (2.42). */
const timesMs = [17_000, 41_000, 58_000, 76_000, 93_000, 119_000, 410_000];

describeWith('prometheus', 'PromQL queries as Prometheus itself answers them', function () {
  this.timeout(60_000);

  it(`agrees on ${queries.length} queries at ${timesMs.length} points in time`, async () => {
    const evals = queries.flatMap((expr) => timesMs.map((atMs) => ({ expr, atMs })));
    const asked: Case = { intervalSeconds: 5, series, evals };
    const [theirs = []] = await promtoolAnswers([asked]);
    const ours = ourAnswers(asked);
    const found = evals.flatMap(({ expr, atMs }, nth) => {
      const differ = difference(theirs[nth] ?? { error: 'no answer' }, ours[nth] ?? []);
      return differ === null ? [] : [`${expr} at ${atMs / 1000} s: ${differ}`];
    });
    expect(found.join('\n')).to.equal('');
  });
});
