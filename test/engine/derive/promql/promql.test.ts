import { expect } from 'chai';
import { load, printed, valueAt, type Notation } from '../series.js';

const seconds = 1000;

/** Expectations are worked out by hand from Prometheus's documentation; samples stand each 5 s from 0 on. */
const check = (series: readonly Notation[], rows: readonly (readonly [string, number, readonly string[]])[]): void => {
  for (const [query, at, expected] of rows)
    it(`${query} at ${at} s`, () => {
      expect(printed(valueAt(query, [load(5 * seconds, series)], at * seconds))).to.deep.equal([...expected].sort());
    });
};

const line = (series: string, values: string): Notation => ({ series, values });

describe('PromQL', () => {
  describe('selectors', () => {
    check(
      [
        line('x{job="a",code="200"}', '1 2 3'),
        line('x{job="b",code="500"}', '10 20 stale'),
        line('x{job="c"}', '_ _ 7'),
        line('y', '5 5 NaN'),
      ],
      [
        ['x', 0, ['x{code="200",job="a"} 1', 'x{code="500",job="b"} 10']],
        ['x', 4.999, ['x{code="200",job="a"} 1', 'x{code="500",job="b"} 10']],
        ['x', 5, ['x{code="200",job="a"} 2', 'x{code="500",job="b"} 20']],
        ['x', 10, ['x{code="200",job="a"} 3', 'x{job="c"} 7']],
        ['x offset 5s', 10, ['x{code="200",job="a"} 2', 'x{code="500",job="b"} 20']],
        ['1 - x{job="a"} offset 5s', 10, ['{code="200",job="a"} -1']],
        ['x{job="a"} offset 5s * -x{job="a"} offset 10s', 10, ['{code="200",job="a"} -2']],
        ['x{job="a"}', 10, ['x{code="200",job="a"} 3']],
        ['x{job!="a"}', 10, ['x{job="c"} 7']],
        ['x{code=~"2.."}', 5, ['x{code="200",job="a"} 2']],
        ['x{code=~"2"}', 5, []],
        ['x{code!~"2.."}', 5, ['x{code="500",job="b"} 20']],
        ['x{code=""}', 10, ['x{job="c"} 7']],
        ['x{code!=""}', 10, ['x{code="200",job="a"} 3']],
        ['x{constructor=""}', 10, ['x{code="200",job="a"} 3', 'x{job="c"} 7']],
        ['{__name__=~"x|y",job=~"a?"}', 5, ['x{code="200",job="a"} 2', 'y{} 5']],
        ['{job="a"}', 5, ['x{code="200",job="a"} 2']],
        ['y', 10, ['y{} NaN']],
        ['nothing', 10, []],
        // The lookback of 5 minutes is open on its left side.
        ['y', 309.999, ['y{} NaN']],
        ['y', 310, []],
      ],
    );
  });

  describe('rates and increases', () => {
    check(
      // 10 per step of 5 s: 2 per second
      [
        line('c', '0+10x12'),
        line('r', '0 10 20 5 15 25 35'),
        line('gap', '0 10 20 _ _ _ 60 70 80'),
        line('one', '7'),
        line('const', '42+0x12'),
      ],
      [
        // samples 35..60 in (30, 60]: 5 steps, first 5 s from the start, so extended to both bounds
        ['rate(c[30s])', 60, ['{} 2']],
        ['increase(c[30s])', 60, ['{} 60']],
        // left-open: the sample at 30 is not in (30, 60]
        ['count_over_time(c[30s])', 60, ['{} 6']],
        ['count_over_time(c[30s])', 61, ['{} 6']],
        ['delta(c[30s])', 60, ['{} 60']],
        // two samples, 5 and 10, in (1, 11]; 4 s to the start, 1 s to the end: 10 * (5+4+1)/5, but never below zero: 5 s to 0
        ['increase(c[10s])', 11, ['{} 20']],
        // (-10, 10]: samples 0, 5, 10; start extended by at most what would be zero: first value is 0
        ['increase(c[20s])', 10, ['{} 20']],
        // r in (0, 30]: 10 20 5 15 25 35, reset adds 20: 45 over 25 s; first value 10 allows 5.55 s: 5 s
        ['increase(r[30s])', 30, ['{} 54']],
        ['resets(r[30s])', 30, ['{} 1']],
        ['changes(r[30s])', 30, ['{} 5']],
        ['changes(const[30s])', 30, ['{} 0']],
        ['irate(c[30s])', 60, ['{} 2']],
        ['irate(r[5m])', 15, ['{} 1']],
        ['rate(one[5m])', 10, []],
        ['increase(const[30s])', 60, ['{} 0']],
        // gap: 0 and 5, 10 in (0.., ...]; samples 5, 10, 30, 35, 40 in (0, 40]: 70 over 35 s, mean distance 8.75
        ['increase(gap[40s])', 40, ['{} 80']],
        ['rate(c[30s] offset 10s)', 70, ['{} 2']],
      ],
    );

    it('extends only by half a distance where the first sample is far from the start', () => {
      // 20 and 25 in (0, 25]: 20 s to the start is more than 1.1 x 5 s: half of it; 10 x (5 + 2.5) / 5
      const pages = [load(5 * seconds, [line('late', '_ _ _ _ 100 110')])];
      expect(printed(valueAt('increase(late[25s])', pages, 25 * seconds))).to.deep.equal(['{} 15']);
    });
  });

  describe('functions over time', () => {
    check(
      [line('g{a="b"}', '1 5 NaN 3 2')],
      [
        ['min_over_time(g[20s])', 20, ['{a="b"} 2']],
        ['max_over_time(g[25s])', 20, ['{a="b"} 5']],
        ['avg_over_time(g[10s])', 20, ['{a="b"} 2.5']],
        ['sum_over_time(g[10s])', 20, ['{a="b"} 5']],
        ['sum_over_time(g[20s])', 20, ['{a="b"} NaN']],
        ['count_over_time(g[25s])', 20, ['{a="b"} 5']],
        ['last_over_time(g[25s])', 20, ['g{a="b"} 2']],
        ['last_over_time(g[5s])', 30, []],
      ],
    );
  });

  describe('aggregation', () => {
    check(
      [
        line('x{job="a",i="1"}', '1'),
        line('x{job="a",i="2"}', '2'),
        line('x{job="b",i="1"}', '30'),
        line('n{i="1"}', 'NaN'),
        line('n{i="2"}', '4'),
      ],
      [
        ['sum(x)', 0, ['{} 33']],
        ['sum by (job) (x)', 0, ['{job="a"} 3', '{job="b"} 30']],
        ['sum by (nope) (x)', 0, ['{} 33']],
        ['sum without (i) (x)', 0, ['{job="a"} 3', '{job="b"} 30']],
        ['sum without () (x)', 0, ['{i="1",job="a"} 1', '{i="2",job="a"} 2', '{i="1",job="b"} 30']],
        ['avg by (job) (x)', 0, ['{job="a"} 1.5', '{job="b"} 30']],
        ['count(x)', 0, ['{} 3']],
        ['count by (__name__) ({i="1"})', 0, ['n{} 1', 'x{} 2']],
        ['min(n)', 0, ['{} 4']],
        ['max(n)', 0, ['{} 4']],
        ['sum(n)', 0, ['{} NaN']],
        ['sum(nothing)', 0, []],
        ['count(nothing)', 0, []],
      ],
    );
  });

  describe('operators', () => {
    check(
      [
        line('a{i="1"}', '6'),
        line('a{i="2"}', '8'),
        line('b{i="1",z="q"}', '3'),
        line('b{i="3",z="q"}', '5'),
        line('c{i="1"}', '2'),
        line('c{i="2"}', '0'),
      ],
      [
        ['1 + 2 * 3 ^ 2', 0, ['19']],
        ['-1 ^ 2', 0, ['-1']],
        ['2 ^ 3 ^ 2', 0, ['512']],
        ['7 % 4 - 5 / 2', 0, ['0.5']],
        ['-7 % 4', 0, ['-3']],
        ['0 / 0', 0, ['NaN']],
        ['1 / 0', 0, ['Infinity']],
        ['1 > bool 2', 0, ['0']],
        ['a * 2', 0, ['{i="1"} 12', '{i="2"} 16']],
        ['2 - a', 0, ['{i="1"} -4', '{i="2"} -6']],
        ['-a', 0, ['{i="1"} -6', '{i="2"} -8']],
        ['a > 7', 0, ['a{i="2"} 8']],
        ['7 < a', 0, ['a{i="2"} 8']],
        ['a > bool 7', 0, ['{i="1"} 0', '{i="2"} 1']],
        ['a / c', 0, ['{i="1"} 3', '{i="2"} Infinity']],
        ['a / b', 0, []],
        ['a / on (i) b', 0, ['{i="1"} 2']],
        ['a / ignoring (z) b', 0, ['{i="1"} 2']],
        ['a > c', 0, ['a{i="1"} 6', 'a{i="2"} 8']],
        ['a > on (i) c', 0, ['{i="1"} 6', '{i="2"} 8']],
        ['a == bool c', 0, ['{i="1"} 0', '{i="2"} 0']],
        ['a and on (i) b', 0, ['a{i="1"} 6']],
        ['a unless on (i) b', 0, ['a{i="2"} 8']],
        ['a and c', 0, ['a{i="1"} 6', 'a{i="2"} 8']],
        ['a or b', 0, ['a{i="1"} 6', 'a{i="2"} 8', 'b{i="1",z="q"} 3', 'b{i="3",z="q"} 5']],
        ['a or on (i) b', 0, ['a{i="1"} 6', 'a{i="2"} 8', 'b{i="3",z="q"} 5']],
        ['nothing or vector(0)', 0, ['{} 0']],
        ['sum(a) / sum(b)', 0, ['{} 1.75']],
      ],
    );

    const failing: readonly (readonly [string, RegExp])[] = [
      ['a + on () a', /right side match the same group/],
      ['a + on () vector(1)', /many-to-one/],
      ['{__name__=~"a|c"} * 2', /same labels/],
      ['-{__name__=~"a|c"}', /same labels/],
      ['abs({__name__=~"a|c"})', /same labels/],
      ['rate({__name__=~"a|c"}[1m])', /same labels/],
    ];
    for (const [query, why] of failing)
      it(`${query} fails, as in Prometheus`, () => {
        const page = load(5 * seconds, [line('a{i="1"}', '6 7'), line('a{i="2"}', '8 9'), line('c{i="1"}', '2 2')]);
        expect(() => valueAt(query, [page], 5 * seconds)).to.throw(why);
      });
  });

  describe('functions', () => {
    check(
      [line('x', '-2.5'), line('x{a="b"}', '3.456'), line('y', '9')],
      [
        ['abs(x)', 0, ['{} 2.5', '{a="b"} 3.456']],
        ['ceil(x)', 0, ['{} -2', '{a="b"} 4']],
        ['floor(x)', 0, ['{} -3', '{a="b"} 3']],
        ['round(x)', 0, ['{} -2', '{a="b"} 3']],
        ['round(x, 0.1)', 0, ['{} -2.5', '{a="b"} 3.5']],
        ['sqrt(y)', 0, ['{} 3']],
        ['sqrt(x)', 0, ['{} NaN', `{a="b"} ${Math.sqrt(3.456)}`]],
        ['clamp(x, 0, 1)', 0, ['{} 0', '{a="b"} 1']],
        ['clamp(x, 1, 0)', 0, []],
        ['clamp_min(x, 0)', 0, ['{} 0', '{a="b"} 3.456']],
        ['clamp_max(x, 0)', 0, ['{} -2.5', '{a="b"} 0']],
        ['time()', 123, ['123']],
        ['vector(1) + 1', 0, ['{} 2']],
        ['scalar(y) + 1', 0, ['10']],
        ['scalar(x)', 0, ['NaN']],
        ['scalar(nothing)', 0, ['NaN']],
        ['absent(y)', 0, []],
        ['absent(nothing{a="1",b!="2",c="3",c="4"})', 0, ['{a="1"} 1']],
        ['absent(sum(nothing))', 0, ['{} 1']],
      ],
    );
  });

  describe('histogram_quantile', () => {
    check(
      [
        line('h_bucket{le="0.1"}', '50'),
        line('h_bucket{le="0.2"}', '80'),
        line('h_bucket{le="1"}', '100'),
        line('h_bucket{le="+Inf"}', '110'),
        line('noinf_bucket{le="1"}', '5'),
        line('noinf_bucket{le="2"}', '6'),
        line('only_bucket{le="+Inf"}', '5'),
        line('empty_bucket{le="1"}', '0'),
        line('empty_bucket{le="+Inf"}', '0'),
        line('torn_bucket{le="1"}', '10'),
        line('torn_bucket{le="2"}', '8'),
        line('torn_bucket{le="+Inf"}', '10'),
        line('minus_bucket{le="-1"}', '5'),
        line('minus_bucket{le="+Inf"}', '10'),
        line('odd_bucket{le="x"}', '5'),
      ],
      [
        ['histogram_quantile(0, h_bucket)', 0, ['{} 0']],
        // rank 55 of 110: 5 of the 30 in (0.1, 0.2]
        ['histogram_quantile(0.5, h_bucket)', 0, [`{} ${0.1 + (0.2 - 0.1) * (5 / 30)}`]],
        // rank 99: 19 of the 20 in (0.2, 1]
        ['histogram_quantile(0.9, h_bucket)', 0, [`{} ${0.2 + 0.8 * (19 / 20)}`]],
        // beyond the last bound
        ['histogram_quantile(0.99, h_bucket)', 0, ['{} 1']],
        ['histogram_quantile(1.1, h_bucket)', 0, ['{} Infinity']],
        ['histogram_quantile(-1, h_bucket)', 0, ['{} -Infinity']],
        ['histogram_quantile(0.9, noinf_bucket)', 0, ['{} NaN']],
        ['histogram_quantile(0.9, only_bucket)', 0, ['{} NaN']],
        ['histogram_quantile(0.9, empty_bucket)', 0, ['{} NaN']],
        ['histogram_quantile(0.5, torn_bucket)', 0, ['{} 0.5']],
        ['histogram_quantile(0.4, minus_bucket)', 0, ['{} -1']],
        ['histogram_quantile(0.9, odd_bucket)', 0, []],
        ['histogram_quantile(0.9, nothing)', 0, []],
      ],
    );
  });

  it('tells the same series on two pages apart, so that they can be summed', () => {
    const pages = [load(5 * seconds, [line('x', '1 2')]), load(5 * seconds, [line('x', '10 20')], 'other')];
    expect(printed(valueAt('sum(x)', pages, 5 * seconds))).to.deep.equal(['{} 22']);
  });

  it('sees ranges only from the last row at or before a mark on', () => {
    const pages = [load(5 * seconds, [line('c', '0+10x12')])];
    // rows 30 (baseline), 35 .. 60 of 60 s: the range is cut at the baseline
    expect(printed(valueAt('count_over_time(c[60s])', pages, 60 * seconds, 33 * seconds))).to.deep.equal(['{} 7']);
    const [rate = ''] = printed(valueAt('rate(c[60s])', pages, 60 * seconds, 33 * seconds));
    expect(Number(rate.slice(3))).to.be.closeTo(2, 1e-3);
    expect(printed(valueAt('c', pages, 60 * seconds, 60 * seconds))).to.deep.equal([]);
  });
});
