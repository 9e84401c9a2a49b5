import { plainAggregates, type AggregateOperator, type PlainAggregate } from './ast.js';
import { maxOf, meanOf, minOf, sumOf, varianceOf, type Numbers } from './statistics.js';

/** Of the first `count` numbers, at least one. */
export type Reduce = (numbers: Numbers, count: number) => number;

export const reducers: Readonly<Record<PlainAggregate, Reduce>> = {
  sum: sumOf,
  avg: meanOf,
  min: minOf,
  max: maxOf,
  count: (_, count) => count,
  group: () => 1,
  stddev: (numbers, count) => Math.sqrt(varianceOf(numbers, count)),
  stdvar: varianceOf,
};

export const isPlain = (operator: AggregateOperator): operator is PlainAggregate =>
  plainAggregates.some((each) => each === operator);
