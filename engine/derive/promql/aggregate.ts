import type { Labels } from '../../model.js';
import { aggregatesByNumber, plainAggregates, type AggregateOperator, type Grouping } from './ast.js';
import { keyOf, memoised, noLabels, onlyLabels, withLabel } from './labels.js';
import { EvaluationError } from './problem.js';
import { isPlain, reducers, type Reduce } from './reduce.js';
import { byValue, quantileOf } from './statistics.js';
import type { Element, Vector } from './values.js';

export const aggregateNames: readonly AggregateOperator[] = [...plainAggregates, ...aggregatesByNumber, 'count_values'];

export interface Aggregation {
  readonly operator: AggregateOperator;
  readonly grouping: Grouping;
  /** NaN, and the empty string, where the operator takes none. */
  readonly number: number;
  readonly label: string;
}

export const aggregate = ({ operator, grouping, number, label }: Aggregation, vector: Vector): Vector => {
  if (isPlain(operator)) return reduced(grouping, vector, reducers[operator]);
  switch (operator) {
    case 'quantile':
      return reduced(grouping, vector, (values, count) => quantileOf(number, values, count));
    case 'topk':
      return chosen(grouping, vector, number, (one, other) => -byValue(one.value, other.value));
    case 'bottomk':
      return chosen(grouping, vector, number, fromBelow);
    case 'count_values':
      return countValues(grouping, vector, label);
  }
};

interface Group<Kept> {
  readonly labels: Labels;
  readonly kept: Kept[];
}

type GroupOf = (labels: Labels) => { readonly labels: Labels; readonly key: string };
const known = new WeakMap<Grouping, GroupOf>();

/** A group's labels and key, of a series found once for all evaluations of a query. */
const groupOfBy = (grouping: Grouping): GroupOf => {
  let groupOf = known.get(grouping);
  if (!groupOf) {
    groupOf = memoised((each) => {
      const labels = grouping.of(each);
      return { labels, key: keyOf(labels) };
    });
    known.set(grouping, groupOf);
  }
  return groupOf;
};

const groupsOf = <Kept>(
  grouping: Grouping,
  vector: Vector,
  keep: (element: Element) => Kept,
): Iterable<Group<Kept>> => {
  if (vector.length === 0) return [];
  if (!grouping.without && grouping.labels.length === 0) return [{ labels: noLabels, kept: vector.map(keep) }];
  const groups = new Map<string, Group<Kept>>();
  const groupOf = groupOfBy(grouping);
  for (const element of vector) {
    const { labels, key } = groupOf(element.labels);
    const group = groups.get(key);
    if (group) group.kept.push(keep(element));
    else groups.set(key, { labels, kept: [keep(element)] });
  }
  return groups.values();
};

const valueOf = ({ value }: Element): number => value;

const reduced = (grouping: Grouping, vector: Vector, reduce: Reduce): Vector => {
  const result: Element[] = [];
  for (const { labels, kept } of groupsOf(grouping, vector, valueOf))
    result.push({ labels, value: reduce(kept, kept.length) });
  return result;
};

/** NaN comes last here as well: it is neither large nor small. */
const fromBelow = (one: Element, other: Element): number => {
  if (Number.isNaN(one.value) || Number.isNaN(other.value)) return -byValue(one.value, other.value);
  return byValue(one.value, other.value);
};

/** The first `count` elements of each group in that order, as they are. */
const chosen = (
  grouping: Grouping,
  vector: Vector,
  count: number,
  order: (one: Element, other: Element) => number,
): Vector => {
  if (!(Math.abs(count) < 2 ** 63)) throw new EvaluationError(`${count} is no number of elements`);
  if (count < 1) return [];
  const result: Element[] = [];
  for (const { kept } of groupsOf(grouping, vector, (element) => element))
    result.push(...kept.sort(order).slice(0, Math.trunc(count)));
  return result;
};

/** The value becomes a label; how many elements had it becomes the value. */
const countValues = (grouping: Grouping, vector: Vector, label: string): Vector => {
  const labels = [...grouping.labels, label];
  const counted = grouping.without ? grouping : { without: false, labels, of: onlyLabels(labels) };
  const labelled = vector.map((element) => ({
    labels: withLabel(element.labels, label, digitsOf(element.value)),
    value: element.value,
  }));
  return reduced(counted, labelled, reducers.count);
};

/** As Go writes a number without exponent. */
const digitsOf = (value: number): string => {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  const text = Object.is(value, -0) ? '-0' : String(value);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (whole === '') return text;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point >= digits.length) return sign + digits.padEnd(point, '0');
  return `${sign}0.${'0'.repeat(-point)}${digits}`;
};
