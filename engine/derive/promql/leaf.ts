import type { Labels } from '../../model.js';
import type { Call, Expr, InstantSelector, RangeSelector } from './ast.js';
import type { SeriesSource } from './evaluate.js';
import type { RangeFunction } from './samples.js';

export type Add = (labels: Labels, value: number) => void;

/** A selector, or a function of a range of one: where the numbers of a query come from. */
export interface Leaf {
  /** A value for each series. The labels are those of the series, with its name. */
  readonly each: (source: SeriesSource, nowMs: number, add: Add) => void;
}

/** What a function of a range takes beside it; null: nothing that could be told without vectors. */
type ScalarOf = (expr: Expr) => ((source: SeriesSource, nowMs: number) => number) | null;

/** Null: the expression is no leaf, or its series might be alike without their names, which the evaluator must refuse. */
export const leafOf = (expr: Expr, scalarOf: ScalarOf): Leaf | null => {
  if (expr.kind === 'instant') return instantLeaf(expr);
  return expr.kind === 'call' ? callLeaf(expr, scalarOf) : null;
};

const instantLeaf = ({ selector, offsetMs }: InstantSelector): Leaf => ({
  each: (source, nowMs, add) => source.instant(selector, nowMs - offsetMs, add),
});

const callLeaf = ({ args, spec: { run } }: Call, scalarOf: ScalarOf): Leaf | null => {
  const range = args.find((arg) => arg.kind === 'range');
  if (run.kind !== 'range' || range === undefined || (range.selector.name === null && !run.keepsName)) return null;
  const other = args.find((arg) => arg !== range);
  if (other === undefined) return rangeLeaf(range, run.apply, () => NaN);
  const param = scalarOf(other);
  return param && rangeLeaf(range, run.apply, param);
};

const rangeLeaf = (
  { selector, rangeMs, offsetMs }: RangeSelector,
  apply: RangeFunction,
  param: (source: SeriesSource, nowMs: number) => number,
): Leaf => ({
  each: (source, nowMs, add) => {
    const endMs = nowMs - offsetMs;
    const range = { startMs: Math.max(endMs - rangeMs, source.startMs), endMs, nowMs };
    const number = param(source, nowMs);
    source.range(selector, range.startMs, endMs, (labels, samples) => {
      const result = apply(samples, range, number);
      if (result !== undefined) add(labels, result);
    });
  },
});
