import { expect } from 'chai';
import type { Value } from '../../../engine/derive/promql/values.js';
import { findPromtool, promtoolTest } from './promtool.js';
import { load, printed, valueAt, type Notation } from './series.js';

const series: readonly Notation[] = [
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
];

/** Between the samples, so that a range that is open on its left (Prometheus 3) holds the same as a closed one (2.42). */
const times = [17, 41, 58, 76, 93, 119];

const expectation = (value: Value): readonly { labels: string; value: number | string }[] =>
  printed(value).map((line) => {
    const cut = line.lastIndexOf(' ');
    const number = Number(line.slice(cut + 1));
    const labels = cut < 0 ? '' : line.slice(0, cut);
    return { labels, value: Number.isFinite(number) ? number : number > 0 ? '+Inf' : '-Inf' };
  });

const holdsNaN = (value: Value): boolean =>
  value.kind === 'scalar' ? Number.isNaN(value.value) : value.vector.some((element) => Number.isNaN(element.value));

/** promtool takes no NaN for equal to another: then both are asked whether it is one. */
const comparable = (query: string, value: Value): string => (holdsNaN(value) ? `(${query}) != bool (${query})` : query);

describe('long: PromQL against Prometheus itself', function () {
  this.timeout(120_000);

  it(`agrees on ${queries.length} queries at ${times.length} points in time`, async () => {
    const page = load(5_000, series);
    const tests = queries.flatMap((expr) =>
      times.map((at) => {
        const asked = comparable(expr, valueAt(expr, [page], at * 1000));
        return { expr: asked, eval_time: `${at}s`, exp_samples: expectation(valueAt(asked, [page], at * 1000)) };
      }),
    );
    const input = series.map(({ series: name, values }) => ({ series: name, values }));
    // It loads samples no further than the last evaluation of rules, of which there are none.
    const file = {
      evaluation_interval: '1s',
      tests: [{ interval: '5s', input_series: input, promql_expr_test: tests }],
    };
    expect(await promtoolTest(await findPromtool(), file)).to.equal('');
  });
});
