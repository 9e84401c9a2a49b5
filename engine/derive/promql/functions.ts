/** The functions that queries may use. To add one is to add an entry. */
import type { Labels } from '../../model.js';
import type { Expr, ValueType } from './ast.js';
import { nameLabel, withLabel } from './labels.js';
import { histogramQuantile } from './quantile.js';
import * as range from './range-functions.js';
import { mapValues, scalar, vectorOf, type Value, type Vector } from './values.js';

export interface FunctionSpec {
  readonly name: string;
  readonly args: readonly ValueType[];
  /** How many of the last arguments may be left out. */
  readonly optional: number;
  readonly returns: 'scalar' | 'vector';
  readonly run: Run;
}

export type Run =
  /** Over the samples of each series; `keepsName` where the result is one of the samples. */
  | { readonly kind: 'range'; readonly apply: range.RangeFunction; readonly keepsName: boolean }
  | { readonly kind: 'values'; readonly apply: (args: Arguments, context: CallContext) => Value };

export interface CallContext {
  readonly nowMs: number;
  readonly exprs: readonly Expr[];
}

/** The checker has made sure of number and types: what is asked for is there. */
export class Arguments {
  constructor(readonly values: readonly Value[]) {}

  scalar(index: number, otherwise = NaN): number {
    const value = this.values[index];
    return value?.kind === 'scalar' ? value.value : otherwise;
  }

  vector(index: number): Vector {
    const value = this.values[index];
    return value?.kind === 'vector' ? value.vector : [];
  }
}

type Entry = Omit<FunctionSpec, 'name'>;

const overRange = (apply: range.RangeFunction, keepsName = false): Entry => ({
  args: ['range'],
  optional: 0,
  returns: 'vector',
  run: { kind: 'range', apply, keepsName },
});

const values = (
  args: readonly ValueType[],
  returns: 'scalar' | 'vector',
  apply: (args: Arguments, context: CallContext) => Value,
  optional = 0,
): Entry => ({ args, optional, returns, run: { kind: 'values', apply } });

const perElement = (change: (value: number) => number): Entry =>
  values(['vector'], 'vector', (args) => vectorOf(mapValues(args.vector(0), change)));

/** Half away from zero upwards, to multiples of `to`; multiplied by the inverse, as Prometheus does, for exact decimals. */
const round = (value: number, to: number): number => Math.floor(value * (1 / to) + 0.5) / (1 / to);

/** Labels of the one element that says "nothing there": those that the selector asks for by `=`, once. */
const absentLabels = (expr: Expr | undefined): Labels => {
  if (expr?.kind !== 'instant') return {};
  const matchers = expr.selector.matchers.filter(({ label }) => label !== nameLabel);
  const asked = matchers.filter(({ label }) => matchers.filter((other) => other.label === label).length === 1);
  return asked
    .filter(({ kind, value }) => kind === '=' && value !== '')
    .reduce<Labels>((labels, { label, value }) => withLabel(labels, label, value), {});
};

const table: Readonly<Record<string, Entry>> = {
  rate: overRange(range.rate),
  irate: overRange(range.irate),
  increase: overRange(range.increase),
  delta: overRange(range.delta),
  changes: overRange(range.changes),
  resets: overRange(range.resets),
  avg_over_time: overRange(range.avgOverTime),
  min_over_time: overRange(range.minOverTime),
  max_over_time: overRange(range.maxOverTime),
  sum_over_time: overRange(range.sumOverTime),
  count_over_time: overRange(range.countOverTime),
  last_over_time: overRange(range.lastOverTime, true),
  abs: perElement(Math.abs),
  ceil: perElement(Math.ceil),
  floor: perElement(Math.floor),
  sqrt: perElement(Math.sqrt),
  round: values(
    ['vector', 'scalar'],
    'vector',
    (args) => vectorOf(mapValues(args.vector(0), (value) => round(value, args.scalar(1, 1)))),
    1,
  ),
  clamp: values(['vector', 'scalar', 'scalar'], 'vector', (args) => {
    const [least, most] = [args.scalar(1), args.scalar(2)];
    if (most < least) return vectorOf([]);
    return vectorOf(mapValues(args.vector(0), (value) => Math.max(least, Math.min(most, value))));
  }),
  clamp_min: values(['vector', 'scalar'], 'vector', (args) =>
    vectorOf(mapValues(args.vector(0), (value) => Math.max(args.scalar(1), value))),
  ),
  clamp_max: values(['vector', 'scalar'], 'vector', (args) =>
    vectorOf(mapValues(args.vector(0), (value) => Math.min(args.scalar(1), value))),
  ),
  histogram_quantile: values(['scalar', 'vector'], 'vector', (args) =>
    vectorOf(histogramQuantile(args.scalar(0), args.vector(1))),
  ),
  time: values([], 'scalar', (_, { nowMs }) => scalar(nowMs / 1000)),
  vector: values(['scalar'], 'vector', (args) => vectorOf([{ labels: {}, value: args.scalar(0) }])),
  scalar: values(['vector'], 'scalar', (args) => {
    const [only, ...more] = args.vector(0);
    return scalar(only !== undefined && more.length === 0 ? only.value : NaN);
  }),
  absent: values(['vector'], 'vector', (args, { exprs }) =>
    vectorOf(args.vector(0).length > 0 ? [] : [{ labels: absentLabels(exprs[0]), value: 1 }]),
  ),
};

export const functions: ReadonlyMap<string, FunctionSpec> = new Map(
  Object.entries(table).map(([name, entry]) => [name, { name, ...entry }]),
);
