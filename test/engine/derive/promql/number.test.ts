/** Queries asked as one number, against the evaluator that builds vectors: the same to the last bit. */
import { expect } from 'chai';
import fc from 'fast-check';
import { evaluate, type SeriesSource } from '../../../../engine/derive/promql/evaluate.js';
import { numberQuery, several, type AskNumber } from '../../../../engine/derive/promql/number.js';
import { parseQuery } from '../../../../engine/derive/promql/parse.js';
import type { Expr } from '../../../../engine/derive/promql/ast.js';
import { expression, seriesSet, time } from './expressions.js';
import { sourceOf } from './ours.js';

/** Null: it cannot be asked at all. */
const exprOf = (text: string): Expr | null => {
  const parsed = parseQuery(text, { rateIntervalMs: 60_000 });
  return parsed.ok ? parsed.expr : null;
};

const queryOf = (text: string): AskNumber | null => {
  const expr = exprOf(text);
  return expr && numberQuery(expr);
};

/** How many elements, and what the first is. */
const byVectors = (expr: Expr, source: SeriesSource, atMs: number): readonly [number, number | undefined] => {
  const value = evaluate(expr, source, atMs);
  return value.kind === 'scalar' ? [1, value.value] : [value.vector.length, value.vector[0]?.value];
};

const aggregation = fc
  .tuple(
    fc.constantFrom('sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'),
    fc.constantFrom('g', 'w', 'limit > 3', '2 * c', 'missing', 'rate(c[30s])', '-g', 'reset_c % 7', '10 <= g', '+w'),
    fc.constantFrom('', ' by ()'),
  )
  .map(([operator, inner, by]) => `${operator}${by}(${inner})`);

/** What services are asked: aggregates, compared and computed with one another and with numbers. */
const asked = fc.letrec<{ query: string }>((tie) => ({
  query: fc.oneof(
    { depthSize: 'small' },
    aggregation,
    fc.constantFrom('lone', 'g{i="2"}', '3', '-2 ^ 2', 'quantile_over_time(0.5, lone[1m])', 'nothing_of_that_name'),
    fc
      .tuple(fc.constantFrom('0.5', '0.95', 'NaN', '2'), fc.constantFrom('h_bucket', 'torn_bucket', 'g'))
      .map(([quantile, name]) => `histogram_quantile(${quantile}, sum by (le) (rate(${name}[1m])))`),
    fc
      .tuple(aggregation, fc.constantFrom('+', '/', '>', '== bool', '<='), tie('query'))
      .map(([left, operator, right]) => `(${left} ${operator} (${right}))`),
    fc
      .tuple(aggregation, fc.constantFrom('and', 'or', 'unless', '- on (job)', '/ ignoring (i)'), aggregation)
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    fc
      .tuple(fc.constantFrom('*', '<', '>= bool', '^'), aggregation)
      .map(([operator, right]) => `2 ${operator} ${right}`),
    aggregation.map((inner) => `-${inner}`),
  ),
})).query;

const agree = (text: string, source: SeriesSource, atMs: number): void => {
  const expr = exprOf(text);
  const query = expr && numberQuery(expr);
  if (expr === null || query === null) return;
  const got = query(source, atMs);
  const [count, first] = byVectors(expr, source, atMs);
  const expected = count === 0 ? undefined : count > 1 ? several : first;
  expect(Object.is(got, expected), `${text} at ${atMs}: ${String(got)} instead of ${String(expected)}`).equal(true);
};

describe('queries asked as one number', () => {
  it('come to what vectors come to', () => {
    fc.assert(
      fc.property(seriesSet, fc.array(fc.tuple(asked, time), { minLength: 20, maxLength: 20 }), (series, evals) => {
        const source = sourceOf(series, 5);
        for (const [text, atMs] of evals) agree(text, source, atMs);
      }),
      { numRuns: 25 },
    );
  });

  it('come to it whatever is asked', () => {
    fc.assert(
      fc.property(
        seriesSet,
        fc.array(fc.tuple(expression, time), { minLength: 40, maxLength: 40 }),
        (series, evals) => {
          const source = sourceOf(series, 5);
          // What Prometheus would refuse throws here: it must have been left to the evaluator.
          for (const [text, atMs] of evals) agree(text, source, atMs);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('are those that services ask', () => {
    const texts = [
      'sum(rate(log_messages_total{level=~"error|fatal"}[1m]))',
      'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[1m])))',
      'sum(process_resident_memory_bytes) / sum(process_memory_limit_bytes)',
      'max(nodejs_eventloop_lag_p99_seconds)',
      'sum(hikaricp_connections_active) / sum(hikaricp_connections_max > 0)',
      'sum(a) or sum(b)',
      'min_over_time(gauges_jvm_memory_heap_usage_value[1m])',
      'process_open_fds / 1024',
    ];
    for (const text of texts) expect(queryOf(text), text).not.equal(null);
  });
});
