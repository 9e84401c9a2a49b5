import type { Labels } from '../../model.js';
import type { AggregateOperator, Grouping } from './ast.js';
import { keyOf, nameLabel, omit, pick } from './labels.js';
import { Sum } from './range-functions.js';
import type { Vector } from './values.js';

type Reduce = (values: readonly number[]) => number;

const sum: Reduce = (values) => {
  const total = new Sum();
  for (const value of values) total.add(value);
  return total.value;
};

/** NaN gives way to any number, as in Prometheus. */
const extreme =
  (better: (value: number, best: number) => boolean): Reduce =>
  (values) =>
    values.reduce((best, value) => (better(value, best) || Number.isNaN(best) ? value : best));

const reducers: Readonly<Record<AggregateOperator, Reduce>> = {
  sum,
  avg: (values) => sum(values) / values.length,
  min: extreme((value, best) => value < best),
  max: extreme((value, best) => value > best),
  count: (values) => values.length,
};

export const isAggregate = (name: string): name is AggregateOperator => Object.hasOwn(reducers, name);
export const aggregateNames = Object.keys(reducers);

export const aggregate = (
  operator: AggregateOperator,
  { without, labels: names }: Grouping,
  vector: Vector,
): Vector => {
  const groups = new Map<string, { readonly labels: Labels; readonly values: number[] }>();
  for (const { labels, value } of vector) {
    const kept = without ? omit(labels, [...names, nameLabel]) : pick(labels, names);
    const key = keyOf(kept);
    const group = groups.get(key);
    if (group) group.values.push(value);
    else groups.set(key, { labels: kept, values: [value] });
  }
  const reduce = reducers[operator];
  return [...groups.values()].map(({ labels, values }) => ({ labels, value: reduce(values) }));
};
