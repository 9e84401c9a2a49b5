import type { Labels } from '../../model.js';
import { absent } from './absent.js';
import { aggregate } from './aggregate.js';
import type { Aggregate, Call, Expr, InstantSelector, RangeSelector } from './ast.js';
import { applyBinary } from './binary.js';
import { Arguments, type Run } from './functions.js';
import { dropName } from './labels.js';
import { EvaluationError } from './problem.js';
import type { Samples } from './samples.js';
import type { Selector } from './selector.js';
import { distinct, mapValues, scalar, vectorOf, type Element, type Value, type Vector } from './values.js';

/** The series that a query may see. Times in epoch milliseconds. */
export interface SeriesSource {
  /** Nothing before this is seen: ranges that would begin earlier are shortened. -Infinity: no bound. */
  readonly startMs: number;
  /** The newest sample of each selected series in (atMs - lookback, atMs], unless the series had ended by then. */
  instant(selector: Selector, atMs: number, visit: (labels: Labels, value: number, sampledAtMs: number) => void): void;
  /** The samples of each selected series in (fromMs, toMs]; not called for series without one. Scratch space. */
  range(selector: Selector, fromMs: number, toMs: number, visit: (labels: Labels, samples: Samples) => void): void;
}

/** How long a sample speaks for its series: Prometheus's default. The instant that long ago itself is too old. */
export const lookbackMs = 5 * 60_000;

/** The value of a checked expression at one point in time. Throws EvaluationError where Prometheus would fail. */
export const evaluate = (expr: Expr, source: SeriesSource, nowMs: number): Value => {
  switch (expr.kind) {
    case 'number':
      return scalar(expr.value);
    case 'instant':
      return vectorOf(select(source, expr, nowMs));
    case 'call':
      return call(expr, source, nowMs);
    case 'aggregate':
      return vectorOf(aggregated(expr, source, nowMs));
    case 'negate': {
      const inner = evaluate(expr.expr, source, nowMs);
      return inner.kind === 'scalar' ? scalar(-inner.value) : vectorOf(mapValues(inner.vector, (each) => -each));
    }
    case 'plus':
      return evaluate(expr.expr, source, nowMs);
    case 'binary':
      return applyBinary(expr, evaluate(expr.left, source, nowMs), evaluate(expr.right, source, nowMs));
    case 'range':
    case 'string':
      throw new EvaluationError(`a ${expr.kind} stands only inside a function`);
  }
};

const select = (source: SeriesSource, { selector, offsetMs }: InstantSelector, nowMs: number): Vector => {
  const vector: Element[] = [];
  source.instant(selector, nowMs - offsetMs, (labels, value) => vector.push({ labels, value }));
  return vector;
};

const aggregated = (expr: Aggregate, source: SeriesSource, nowMs: number): Vector => {
  const { operator, grouping, param } = expr;
  const vector = evaluate(expr.expr, source, nowMs);
  const value = param && param.kind !== 'string' ? evaluate(param, source, nowMs) : null;
  const number = value?.kind === 'scalar' ? value.value : NaN;
  const label = param?.kind === 'string' ? param.value : '';
  return aggregate({ operator, grouping, number, label }, vector.kind === 'vector' ? vector.vector : []);
};

const call = (expr: Call, source: SeriesSource, nowMs: number): Value => {
  const { args, spec } = expr;
  const { run } = spec;
  switch (run.kind) {
    case 'values':
      return run.apply(new Arguments(valuesOf(args, source, nowMs), args, nowMs));
    case 'timestamp':
      return vectorOf(timestamps(args[0], source, nowMs));
    case 'absent-range':
      return vectorOf(absent(args[0], presence(args[0], source, nowMs)));
    case 'range':
      return vectorOf(overRange(run, args, source, nowMs));
  }
};

const valuesOf = (args: readonly Expr[], source: SeriesSource, nowMs: number): (Value | null)[] =>
  args.map((arg) => (arg.kind === 'string' ? null : evaluate(arg, source, nowMs)));

const rangeIn = (args: readonly Expr[]): RangeSelector | undefined =>
  args.find((arg): arg is RangeSelector => arg.kind === 'range');

const overRange = (
  run: Extract<Run, { kind: 'range' }>,
  args: readonly Expr[],
  source: SeriesSource,
  nowMs: number,
): Vector => {
  const expr = rangeIn(args);
  if (!expr) return [];
  const number = args.find((arg) => arg !== expr);
  const value = number ? evaluate(number, source, nowMs) : null;
  const param = value?.kind === 'scalar' ? value.value : NaN;
  const endMs = nowMs - expr.offsetMs;
  const range = { startMs: Math.max(endMs - expr.rangeMs, source.startMs), endMs, nowMs };
  const vector: Element[] = [];
  source.range(expr.selector, range.startMs, endMs, (labels, samples) => {
    const result = run.apply(samples, range, param);
    if (result !== undefined) vector.push({ labels: run.keepsName ? labels : dropName(labels), value: result });
  });
  // Series of one metric stay different without its name.
  return run.keepsName || expr.selector.name !== null ? vector : distinct(vector);
};

const presence = (expr: Expr | undefined, source: SeriesSource, nowMs: number): Vector => {
  const vector: Element[] = [];
  if (expr?.kind !== 'range') return vector;
  const endMs = nowMs - expr.offsetMs;
  source.range(expr.selector, Math.max(endMs - expr.rangeMs, source.startMs), endMs, (labels, { count }) => {
    vector.push({ labels, value: count });
  });
  return vector;
};

/** A selector's samples know when they were taken; whatever is computed is computed now. */
const timestamps = (expr: Expr | undefined, source: SeriesSource, nowMs: number): Vector => {
  if (expr?.kind === 'instant') {
    const vector: Element[] = [];
    source.instant(expr.selector, nowMs - expr.offsetMs, (labels, _, sampledAtMs) => {
      vector.push({ labels: dropName(labels), value: sampledAtMs / 1000 });
    });
    return distinct(vector);
  }
  const value = expr ? evaluate(expr, source, nowMs) : null;
  return value?.kind === 'vector' ? mapValues(value.vector, () => nowMs / 1000) : [];
};
