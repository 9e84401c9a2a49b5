/** The functions that queries may use. To add one is to add an entry to one of the tables. */
import { absent } from './absent.js';
import type { Expr, ValueType } from './ast.js';
import { dateFunctions } from './dates.js';
import { mathFunctions } from './element-functions.js';
import { histogramQuantile } from './histogram.js';
import { joinLabels, replaceLabel } from './label-functions.js';
import * as overTime from './over-time.js';
import * as rates from './rates.js';
import * as regression from './regression.js';
import type { RangeFunction } from './samples.js';
import { mapValues, scalar, vectorOf, type Value, type Vector } from './values.js';

export interface FunctionSpec {
  readonly name: string;
  readonly args: readonly ValueType[];
  /** How many of the last arguments may be left out. */
  readonly optional: number;
  /** The last argument may be given again and again. */
  readonly variadic: boolean;
  readonly returns: 'scalar' | 'vector';
  readonly run: Run;
}

export type Run =
  /** Over the samples of each series; `keepsName` where the result is one of the samples. */
  | { readonly kind: 'range'; readonly apply: RangeFunction; readonly keepsName: boolean }
  /** When the samples of an instant selector were taken. */
  | { readonly kind: 'timestamp' }
  /** 1 where a range selects nothing. */
  | { readonly kind: 'absent-range' }
  | { readonly kind: 'values'; readonly apply: (args: Arguments) => Value };

/** The checker has made sure of number and types: what is asked for is there. */
export class Arguments {
  constructor(
    readonly values: readonly (Value | null)[],
    readonly exprs: readonly Expr[],
    readonly nowMs: number,
  ) {}

  get count(): number {
    return this.exprs.length;
  }

  scalar(index: number, otherwise = NaN): number {
    const value = this.values[index];
    return value?.kind === 'scalar' ? value.value : otherwise;
  }

  vector(index: number): Vector {
    const value = this.values[index];
    return value?.kind === 'vector' ? value.vector : [];
  }

  text(index: number): string {
    const expr = this.exprs[index];
    return expr?.kind === 'string' ? expr.value : '';
  }
}

type Entry = Omit<FunctionSpec, 'name'>;

const ofRange = (
  apply: RangeFunction,
  { keepsName = false, args = ['range'] }: { keepsName?: boolean; args?: readonly ValueType[] } = {},
): Entry => ({ args, optional: 0, variadic: false, returns: 'vector', run: { kind: 'range', apply, keepsName } });

const ofValues = (
  args: readonly ValueType[],
  returns: 'scalar' | 'vector',
  apply: (args: Arguments) => Value,
  { optional = 0, variadic = false }: { optional?: number; variadic?: boolean } = {},
): Entry => ({ args, optional, variadic, returns, run: { kind: 'values', apply } });

const perElement = (change: (value: number) => number): Entry =>
  ofValues(['vector'], 'vector', (args) => vectorOf(mapValues(args.vector(0), change)));

/** Of the vector's values as times; of now where there is none. */
const ofTime = (part: (seconds: number) => number): Entry =>
  ofValues(
    ['vector'],
    'vector',
    (args) =>
      vectorOf(
        args.count === 0
          ? [{ labels: {}, value: part(Math.trunc(args.nowMs / 1000)) }]
          : mapValues(args.vector(0), part),
      ),
    { optional: 1 },
  );

/** Go's: an infinity wins over NaN, which wins over numbers. */
const larger = (one: number, other: number): number =>
  one === Infinity || other === Infinity ? Infinity : Math.max(one, other);
const smaller = (one: number, other: number): number =>
  one === -Infinity || other === -Infinity ? -Infinity : Math.min(one, other);

const clamped = (vector: Vector, least: number, most: number): Value =>
  vectorOf(most < least ? [] : mapValues(vector, (value) => larger(least, smaller(most, value))));

/** Half upwards, to multiples of `to`; multiplied by the inverse, as Prometheus does, for exact decimals. */
const round = (value: number, to: number): number => Math.floor(value * (1 / to) + 0.5) / (1 / to);

const each = (
  entries: Readonly<Record<string, (value: number) => number>>,
  of: (change: (value: number) => number) => Entry,
): Record<string, Entry> => Object.fromEntries(Object.entries(entries).map(([name, change]) => [name, of(change)]));

const table: Readonly<Record<string, Entry>> = {
  rate: ofRange(rates.rate),
  irate: ofRange(rates.irate),
  increase: ofRange(rates.increase),
  delta: ofRange(rates.delta),
  idelta: ofRange(rates.idelta),
  changes: ofRange(rates.changes),
  resets: ofRange(rates.resets),
  deriv: ofRange(regression.deriv),
  predict_linear: ofRange(regression.predictLinear, { args: ['range', 'scalar'] }),
  avg_over_time: ofRange(overTime.avgOverTime),
  min_over_time: ofRange(overTime.minOverTime),
  max_over_time: ofRange(overTime.maxOverTime),
  sum_over_time: ofRange(overTime.sumOverTime),
  count_over_time: ofRange(overTime.countOverTime),
  first_over_time: ofRange(overTime.firstOverTime, { keepsName: true }),
  last_over_time: ofRange(overTime.lastOverTime, { keepsName: true }),
  present_over_time: ofRange(overTime.presentOverTime),
  stddev_over_time: ofRange(overTime.stddevOverTime),
  stdvar_over_time: ofRange(overTime.stdvarOverTime),
  quantile_over_time: ofRange(overTime.quantileOverTime, { args: ['scalar', 'range'] }),
  absent_over_time: { ...ofRange(overTime.presentOverTime), run: { kind: 'absent-range' } },
  timestamp: { ...perElement((value) => value), run: { kind: 'timestamp' } },
  ...each(mathFunctions, perElement),
  ...each(dateFunctions, ofTime),
  round: ofValues(
    ['vector', 'scalar'],
    'vector',
    (args) => vectorOf(mapValues(args.vector(0), (value) => round(value, args.scalar(1, 1)))),
    { optional: 1 },
  ),
  clamp: ofValues(['vector', 'scalar', 'scalar'], 'vector', (args) =>
    clamped(args.vector(0), args.scalar(1), args.scalar(2)),
  ),
  clamp_min: ofValues(['vector', 'scalar'], 'vector', (args) => clamped(args.vector(0), args.scalar(1), Infinity)),
  clamp_max: ofValues(['vector', 'scalar'], 'vector', (args) => clamped(args.vector(0), -Infinity, args.scalar(1))),
  histogram_quantile: ofValues(['scalar', 'vector'], 'vector', (args) =>
    vectorOf(histogramQuantile(args.scalar(0), args.vector(1))),
  ),
  time: ofValues([], 'scalar', ({ nowMs }) => scalar(nowMs / 1000)),
  pi: ofValues([], 'scalar', () => scalar(Math.PI)),
  vector: ofValues(['scalar'], 'vector', (args) => vectorOf([{ labels: {}, value: args.scalar(0) }])),
  scalar: ofValues(['vector'], 'scalar', (args) => {
    const [only, ...more] = args.vector(0);
    return scalar(only !== undefined && more.length === 0 ? only.value : NaN);
  }),
  absent: ofValues(['vector'], 'vector', (args) => vectorOf(absent(args.exprs[0], args.vector(0)))),
  label_replace: ofValues(['vector', 'string', 'string', 'string', 'string'], 'vector', (args) =>
    vectorOf(
      replaceLabel(args.vector(0), {
        to: args.text(1),
        template: args.text(2),
        from: args.text(3),
        regex: args.text(4),
      }),
    ),
  ),
  label_join: ofValues(
    ['vector', 'string', 'string', 'string'],
    'vector',
    (args) => {
      const from = args.exprs.slice(3).map((_, index) => args.text(index + 3));
      return vectorOf(joinLabels(args.vector(0), { to: args.text(1), separator: args.text(2), from }));
    },
    { optional: 1, variadic: true },
  ),
};

export const functions: ReadonlyMap<string, FunctionSpec> = new Map(
  Object.entries(table).map(([name, entry]) => [name, { name, ...entry }]),
);
