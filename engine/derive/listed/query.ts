import { childrenOf, type Expr } from '../promql/ast.js';
import { evaluate, type SeriesSource } from '../promql/evaluate.js';
import { parseQuery } from '../promql/parse.js';
import { EvaluationError, problemText } from '../promql/problem.js';
import { wireAnswer, type Answer } from './wire.js';

/** A query that was read once, to be asked as often as one likes. */
export interface PreparedQuery {
  /** The longest range that it looks at; 0: none. One sample of a series is not enough for a range. */
  readonly rangeMs: number;
  /** An error where Prometheus would fail on these series. */
  readonly ask: (source: SeriesSource, atMs: number) => Answer;
}

export type Prepared =
  { readonly ok: true; readonly query: PreparedQuery } | { readonly ok: false; readonly error: string };

/** What `$__rate_interval` stands for where there is no scrape interval to take it from: Prometheus's default. */
const rateIntervalMs = 60_000;

export const prepareQuery = (text: string): Prepared => {
  const parsed = parseQuery(text, { rateIntervalMs });
  if (!parsed.ok) return { ok: false, error: problemText(parsed.problem, text) };
  const { expr } = parsed;
  return {
    ok: true,
    query: {
      rangeMs: longestRange(expr),
      ask: (source, atMs) => {
        try {
          return wireAnswer(evaluate(expr, source, atMs));
        } catch (thrown) {
          if (thrown instanceof EvaluationError) return { error: thrown.message };
          throw thrown;
        }
      },
    },
  };
};

const longestRange = (expr: Expr): number =>
  Math.max(expr.kind === 'range' ? expr.rangeMs : 0, ...childrenOf(expr).map(longestRange));
