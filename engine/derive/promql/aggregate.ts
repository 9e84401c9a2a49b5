import type { Labels } from '../../model.js';
import type { AggregateOperator, Grouping } from './ast.js';
import { keyOf, memo, nameLabel, omit, pick } from './labels.js';
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

interface Group {
  readonly labels: Labels;
  readonly key: string;
}

const groupOf = ({ without, labels: names }: Grouping, labels: Labels): Group => {
  const kept = without ? omit(labels, [...names, nameLabel]) : pick(labels, names);
  return { labels: kept, key: keyOf(kept) };
};

/** Each series falls into the same group each time: found once per grouping and labels. */
const groupings = new WeakMap<Grouping, (labels: Labels) => Group>();

const groupsOf = (grouping: Grouping): ((labels: Labels) => Group) => {
  let known = groupings.get(grouping);
  if (!known) groupings.set(grouping, (known = memo((labels) => groupOf(grouping, labels))));
  return known;
};

const everything: Labels = {};

export const aggregate = (operator: AggregateOperator, grouping: Grouping, vector: Vector): Vector => {
  const reduce = reducers[operator];
  if (vector.length === 0) return [];
  if (!grouping.without && grouping.labels.length === 0)
    return [{ labels: everything, value: reduce(vector.map(({ value }) => value)) }];
  const find = groupsOf(grouping);
  const groups = new Map<string, { readonly labels: Labels; readonly values: number[] }>();
  for (const { labels, value } of vector) {
    const { labels: kept, key } = find(labels);
    const group = groups.get(key);
    if (group) group.values.push(value);
    else groups.set(key, { labels: kept, values: [value] });
  }
  return [...groups.values()].map(({ labels, values }) => ({ labels, value: reduce(values) }));
};
