/**
 * Expressions and series as they may be met, for comparisons with Prometheus. What rounds is kept apart from what is exact:
 * behind a rounding, a comparison or a floor may truly go either way.
 */
import fc from 'fast-check';
import type { Case } from './promtool.js';

type Text = fc.Arbitrary<string>;

const pick = (...texts: readonly string[]): Text => fc.constantFrom(...texts);
/** `{}` in the template takes the next of the parts. */
const fill = (template: Text | string, ...parts: readonly Text[]): Text =>
  fc
    .tuple(typeof template === 'string' ? fc.constant(template) : template, ...parts)
    .map(([text, ...values]) => values.reduce((filled, value) => filled.replace('{}', () => value), text));

const duration = pick('7s', '15s', '30s', '47s', '1m', '1m30s', '2m5s');
const offset = fc.oneof({ weight: 4, arbitrary: pick('') }, fill(' offset {}', pick('5s', '20s', '1m', '-10s')));
const matchers = pick(
  ...[
    '',
    '',
    '',
    '{job="a"}',
    '{job!="a"}',
    '{job=~"a|c"}',
    '{i!~"[2-9]"}',
    '{job=""}',
    '{job=~".+",i="1"}',
    '{nope!="x"}',
  ],
);

const selectorOf = (names: Text): Text =>
  fc.tuple(names, matchers).map(([name, labels]) => (name.startsWith('{') ? name : name + labels));
const instantOf = (names: Text): Text => fill('{}{}', selectorOf(names), offset);
const rangeOf = (names: Text): Text => fill('{}[{}]{}', selectorOf(names), duration, offset);

const gauges = pick('g', 'g', 'limit', 'w', 'lone');
const finite = pick('g', 'limit', 'lone');
const counters = pick('c', 'reset_c');
const anything = pick('g', 'w', 'c', 'reset_c', 'limit', 'lone', 'missing', '{__name__=~"g|limit"}', '{job="a"}');
const anyRange = fill('{}[{}]{}', pick('g', 'w', 'c{job="a"}', 'limit', 'missing', 'g{i="1"}'), duration, offset);

const grouping = pick(
  '',
  ' by (job)',
  ' by (job, i)',
  ' without (i)',
  ' without (job, zone)',
  ' by (__name__)',
  ' by ()',
  ' without ()',
);
const scalar: Text = fc.oneof(
  pick('0', '1', '2', '-1', '0.5', '10', '1e1', '0x10', 'Inf', '-Inf', 'NaN', '1 + 1', '-2 ^ 2'),
  fill('scalar({})', instantOf(pick('lone', 'g', 'missing'))),
  fill('scalar(sum({}))', instantOf(finite)),
);
const small = pick('1', '2', '3', '-1', '0.5', '4');
const matching = pick(
  ...[
    '',
    '',
    '',
    ' on (job)',
    ' on (job, i)',
    ' ignoring (i)',
    ' ignoring (zone)',
    ' on ()',
    ' on (job) group_left ()',
  ],
  ...[
    ' on (job) group_left (zone)',
    ' on (job) group_right ()',
    ' on (job) group_right (i)',
    ' ignoring (i, zone) group_left ()',
  ],
);
const setMatching = pick('', '', ' on (job)', ' ignoring (i)', ' on ()', ' ignoring (zone, i)');

/** Values without any rounding: quarters, added, subtracted, compared. */
export const exact = (depth: number): Text => {
  if (depth <= 0)
    return fc.oneof(
      instantOf(anything),
      fill(
        '{}({})',
        pick('last_over_time', 'min_over_time', 'max_over_time', 'sum_over_time', 'count_over_time'),
        anyRange,
      ),
      fill('{}({})', pick('changes', 'resets', 'present_over_time', 'idelta'), anyRange),
      fill('absent_over_time({})', anyRange),
    );
  const inner = exact(depth - 1);
  const leaf = exact(0);
  return fc.oneof(
    fill('{}{}({})', pick('sum', 'min', 'max', 'count', 'group'), grouping, inner),
    fill('{}({}){}', pick('sum', 'min', 'max', 'count'), inner, grouping),
    fill('count_values{}("v", {})', grouping, instantOf(finite)),
    fill(
      '({} {}{} {})',
      inner,
      pick('+', '-', '*', '==', '!=', '>', '<', '>=', '<=', '> bool', '== bool'),
      matching,
      leaf,
    ),
    fill('({} {}{} {})', inner, pick('and', 'or', 'unless'), setMatching, leaf),
    fill('{} {} {}', inner, pick('+', '-', '*', '>', '<', '==', '!=', '>= bool', '%'), small),
    fill('({} {} {})', scalar, pick('+', '-', '<', '>=', '!=', '< bool'), inner),
    fill('-{}', leaf),
    fill('{}({})', pick('abs', 'ceil', 'floor', 'sgn', 'timestamp', 'absent', '+'), inner),
    fill('round({}, {})', inner, pick('1', '0.5', '4', '10')),
    fill('clamp({}, {}, {})', inner, scalar, scalar),
    fill('{}({}, {})', pick('clamp_min', 'clamp_max'), inner, scalar),
    fill(
      'label_replace({}, "{}", "{}", "{}", "{}")',
      inner,
      pick('dst', 'job', 'i'),
      pick('$1', 'x-$1$2', '', '${n}'),
      pick('job', 'i', 'nope'),
      pick('(.*)', '(a|b)', '(?P<n>.)(.*)', ''),
    ),
    fill('label_join({}, "{}", "-", "job", "i")', inner, pick('dst', 'job')),
    fill('vector({})', scalar),
    fill(
      '{}({})',
      pick('minute', 'hour', 'day_of_week', 'month', 'year', 'days_in_month', 'day_of_year'),
      pick('', 'vector(1e9)', 'g * 1e7', 'limit * 86400'),
    ),
  );
};

/** Values that round in the last digits. */
const rounded: Text = fc.oneof(
  fill('{}({})', pick('rate', 'increase', 'irate'), rangeOf(counters)),
  fill('{}({})', pick('delta', 'deriv', 'avg_over_time', 'stddev_over_time', 'stdvar_over_time'), rangeOf(finite)),
  fill('avg_over_time({})', rangeOf(gauges)),
  fill('predict_linear({}, {})', rangeOf(finite), pick('60', '3600', '-30')),
  fill('quantile_over_time({}, {})', pick('0', '0.5', '0.9', '1', '-1', '2', 'NaN'), rangeOf(gauges)),
  fill('{}({})', pick('sqrt', 'exp', 'ln', 'log2', 'log10', 'atan', 'cos', 'deg'), instantOf(gauges)),
  fill('({} / {} {})', instantOf(gauges), matching, instantOf(gauges)),
  fill('({} {} {})', instantOf(gauges), pick('/', '^'), scalar),
  fill(
    'histogram_quantile({}, {})',
    pick('0', '0.1', '0.5', '0.95', '1', '-1', '2', 'NaN'),
    instantOf(pick('h_bucket', 'torn_bucket', 'g')),
  ),
  fill('histogram_quantile({}, rate(h_bucket{}[{}]))', pick('0.1', '0.5', '0.95'), matchers, duration),
  fill('histogram_quantile({}, sum by ({}) (rate(h_bucket[{}])))', pick('0.3', '0.9'), pick('le', 'le, job'), duration),
);

const inexact: Text = fc.oneof(
  rounded,
  fill('{}{}({})', pick('sum', 'avg', 'min', 'max', 'count'), grouping, rounded),
  fill('{}{}({})', pick('stddev', 'stdvar'), grouping, instantOf(finite)),
  fill('quantile{}({}, {})', grouping, pick('0', '0.25', '0.5', '1', '2'), rounded),
  fill('{} + {} {}', rounded, matching, rounded),
  fill('{} * {}', rounded, small),
  fill('-{}', rounded),
  fill('{} or {} {}', rounded, setMatching, rounded),
);

export const expression: Text = fc.oneof(exact(1), exact(2), exact(3), inexact, scalar);

const quarter = fc.integer({ min: -40, max: 200 }).map((value) => String(value / 4));
const gap = pick('_', '_', 'stale');
const length = { minLength: 30, maxLength: 40 } as const;
const valuesOf = (value: Text): Text => fc.array(value, length).map((all) => all.join(' '));

const gauge = valuesOf(fc.oneof({ weight: 9, arbitrary: quarter }, gap));
const wild = valuesOf(fc.oneof({ weight: 6, arbitrary: quarter }, pick('NaN', 'Inf', '-Inf', '_', 'stale', '0')));

const running = (start: number, steps: readonly (number | null)[]): string => {
  let value = start;
  return steps.map((step) => (step === null ? '_' : String((value += step)))).join(' ');
};
/** Far above zero, so that no version of Prometheus looks for where it was zero; see version-3.test.ts for that. */
const counter = fc
  .array(fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 40 }) }, fc.constant(null)), length)
  .map((steps) => running(10_000, steps));
const resetting = fc
  .array(fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 1, max: 9 }) }, fc.constant(0)), length)
  .map((steps) => {
    let value = 500;
    return steps.map((step) => String((value = step === 0 ? 0 : value + step))).join(' ');
  });

const bucketsOf = (counts: readonly number[], from: number): string =>
  running(
    0,
    Array.from({ length: 35 }, (_, i) => counts[(i + from) % counts.length] ?? 0),
  );

const named = (series: string, values: Text): fc.Arbitrary<Case['series'][number]> =>
  values.map((text) => ({ series, values: text }));

const histogram = (name: string, job: string, torn: boolean): fc.Arbitrary<readonly Case['series'][number][]> =>
  fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 3, maxLength: 9 }).map((counts) =>
    ['0.1', '0.5', '2', '+Inf'].map((le, i) => ({
      series: `${name}{job="${job}",le="${le}"}`,
      values: bucketsOf(
        counts.map((count) => count * (torn && i === 2 ? 1 : i + 1)),
        torn ? i : 0,
      ),
    })),
  );

/** One set of series for many expressions. */
export const seriesSet: fc.Arbitrary<Case['series']> = fc
  .tuple(
    ...['{job="a",i="1"}', '{job="a",i="2"}', '{job="b",i="1"}'].flatMap((labels) => [
      named(`g${labels}`, gauge),
      named(`c${labels}`, counter),
      named(`reset_c${labels}`, resetting),
    ]),
    named('w{job="a"}', wild),
    named('w{job="b"}', wild),
    named('w{}', wild),
    named('limit{job="a",zone="x"}', gauge),
    named('limit{job="c",zone="y"}', gauge),
    named('lone', gauge),
  )
  .chain((plain) =>
    fc
      .tuple(histogram('h_bucket', 'a', false), histogram('h_bucket', 'b', false), histogram('torn_bucket', 'a', true))
      .map((histograms) => [...plain, ...histograms.flat()]),
  );

/**
 * Times half a second beside every sample (they stand each 5 s) and every bound: whether a bound itself belongs to a range,
 * Prometheus 2.42 answers differently from 3.
 */
export const time = fc.integer({ min: 0, max: 500 }).map((seconds) => seconds * 1000 + 500);
