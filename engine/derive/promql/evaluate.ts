import type { Labels } from '../../model.js';
import type { Call, Expr, RangeSelector } from './ast.js';
import { aggregate } from './aggregate.js';
import { applyBinary } from './binary.js';
import { Arguments } from './functions.js';
import { dropName } from './labels.js';
import { EvaluationError } from './problem.js';
import type { Samples } from './range-functions.js';
import type { Selector } from './selector.js';
import { distinct, mapValues, scalar, vectorOf, type Element, type Value, type Vector } from './values.js';

/** The series that a query may see. Times in epoch milliseconds. */
export interface SeriesSource {
  /** Nothing before this is seen: ranges that would begin earlier are shortened. -Infinity: no bound. */
  readonly startMs: number;
  /** Each series once. The newest sample of each selected series in (atMs - lookback, atMs], unless the series had ended by then. */
  instant(selector: Selector, atMs: number, visit: (labels: Labels, value: number) => void): void;
  /** The samples of each selected series in (fromMs, toMs]; not called for series without one. Scratch space. */
  range(selector: Selector, fromMs: number, toMs: number, visit: (labels: Labels, samples: Samples) => void): void;
}

/** The value of a checked expression at one point in time. Throws EvaluationError where Prometheus would fail. */
export const evaluate = (expr: Expr, source: SeriesSource, nowMs: number): Value => {
  const value = (inner: Expr): Value => evaluate(inner, source, nowMs);
  switch (expr.kind) {
    case 'number':
      return scalar(expr.value);
    case 'instant':
      return vectorOf(select(source, expr.selector, nowMs - expr.offsetMs));
    case 'range':
      throw new EvaluationError('a range stands only inside a function');
    case 'call':
      return call(expr, source, nowMs);
    case 'aggregate':
      return vectorOf(aggregate(expr.operator, expr.grouping, vectorIn(value(expr.expr))));
    case 'negate': {
      const inner = value(expr.expr);
      return inner.kind === 'scalar' ? scalar(-inner.value) : vectorOf(mapValues(inner.vector, (each) => -each));
    }
    case 'binary':
      return applyBinary(expr, value(expr.left), value(expr.right));
  }
};

const vectorIn = (value: Value): Vector => (value.kind === 'vector' ? value.vector : []);

const select = (source: SeriesSource, selector: Selector, atMs: number): Vector => {
  const vector: Element[] = [];
  source.instant(selector, atMs, (labels, value) => vector.push({ labels, value }));
  // A source never shows a series twice.
  return vector;
};

const call = (expr: Call, source: SeriesSource, nowMs: number): Value => {
  const { run } = expr.spec;
  const [first] = expr.args;
  if (run.kind === 'values') {
    const args = expr.args.map((arg) => evaluate(arg, source, nowMs));
    return run.apply(new Arguments(args), { nowMs, exprs: expr.args });
  }
  return vectorOf(first?.kind === 'range' ? overRange(run, first, source, nowMs) : []);
};

const overRange = (
  run: Extract<Call['spec']['run'], { kind: 'range' }>,
  { selector, rangeMs, offsetMs }: RangeSelector,
  source: SeriesSource,
  nowMs: number,
): Vector => {
  const endMs = nowMs - offsetMs;
  const range = { startMs: Math.max(endMs - rangeMs, source.startMs), endMs };
  const vector: Element[] = [];
  source.range(selector, range.startMs, range.endMs, (labels, samples) => {
    const value = run.apply(samples, range);
    if (value !== undefined) vector.push({ labels: run.keepsName ? labels : dropName(labels), value });
  });
  // Series of one name stay apart without it.
  return selector.name === null ? distinct(vector) : vector;
};
