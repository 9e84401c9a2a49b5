import type { Labels } from '../../model.js';
import {
  isComparison,
  isSet,
  type Arithmetic,
  type Comparison,
  type Matching,
  type Operator,
  type SetOperator,
} from './ast.js';
import { dropName, keyOf, nameLabel, omit, pick } from './labels.js';
import { EvaluationError } from './problem.js';
import { distinct, scalar, vectorOf, type Element, type Value, type Vector } from './values.js';

/** C's pow, where JavaScript differs: 1 to anything is 1, and so is -1 to an infinite power. */
const power = (base: number, exponent: number): number =>
  base === 1 || (base === -1 && Math.abs(exponent) === Infinity) ? 1 : base ** exponent;

const calculate: Readonly<Record<Arithmetic, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
  '^': power,
  atan2: Math.atan2,
};

const compare: Readonly<Record<Comparison, (left: number, right: number) => boolean>> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '>': (left, right) => left > right,
  '<': (left, right) => left < right,
  '>=': (left, right) => left >= right,
  '<=': (left, right) => left <= right,
};

export interface Operation {
  readonly operator: Operator;
  readonly bool: boolean;
  readonly matching: Matching;
}

export const applyBinary = (operation: Operation, left: Value, right: Value): Value => {
  if (left.kind === 'vector' && right.kind === 'vector')
    return vectorOf(
      isSet(operation.operator)
        ? combine(operation, left.vector, right.vector)
        : join(operation, left.vector, right.vector),
    );
  if (left.kind === 'vector' && right.kind === 'scalar')
    return vectorOf(each(operation, left.vector, (value) => [value, right.value]));
  if (left.kind === 'scalar' && right.kind === 'vector')
    return vectorOf(each(operation, right.vector, (value) => [left.value, value]));
  if (left.kind === 'scalar' && right.kind === 'scalar') return scalar(both(operation, left.value, right.value) ?? 0);
  throw new EvaluationError('operands of no known kind');
};

/** The result for two numbers; undefined: a comparison that filters this element out. `kept` is what a filter lets through. */
const both = ({ operator, bool }: Operation, left: number, right: number, kept = left): number | undefined => {
  if (isSet(operator)) throw new EvaluationError(`${operator} needs two vectors`);
  if (!isComparison(operator)) return calculate[operator](left, right);
  const holds = compare[operator](left, right);
  if (bool) return holds ? 1 : 0;
  return holds ? kept : undefined;
};

/** A filter keeps the element as it is; everything else makes a new one without a name. */
const keepsName = ({ operator, bool }: Operation): boolean => isComparison(operator) && !bool;

const each = (
  operation: Operation,
  vector: Vector,
  order: (value: number) => readonly [left: number, right: number],
): Vector => {
  const result: Element[] = [];
  for (const { labels, value } of vector) {
    const [left, right] = order(value);
    const computed = both(operation, left, right, value);
    if (computed !== undefined)
      result.push({ labels: keepsName(operation) ? labels : dropName(labels), value: computed });
  }
  return distinct(result);
};

const signature = ({ on, labels: names }: Matching, labels: Labels): string =>
  keyOf(on ? pick(labels, names) : omit(labels, [...names, nameLabel]));

/** One-to-one: each element of the left side with the one of the right side that has the same signature. */
const join = (operation: Operation, left: Vector, right: Vector): Vector => {
  const { matching } = operation;
  const partners = new Map<string, number>();
  for (const { labels, value } of right) {
    const key = signature(matching, labels);
    if (partners.has(key)) throw new EvaluationError('several elements on the right side match the same group');
    partners.set(key, value);
  }
  const used = new Set<string>();
  const result: Element[] = [];
  for (const { labels, value } of left) {
    const key = signature(matching, labels);
    const partner = partners.get(key);
    if (partner === undefined) continue;
    const computed = both(operation, value, partner);
    if (computed === undefined) continue;
    if (used.has(key)) throw new EvaluationError('several elements on the left side match the same one: many-to-one');
    used.add(key);
    result.push({ labels: joined(operation, labels), value: computed });
  }
  return distinct(result);
};

const joined = (operation: Operation, labels: Labels): Labels => {
  const { matching } = operation;
  const named = keepsName(operation) ? labels : dropName(labels);
  return matching.on ? pick(named, matching.labels) : omit(named, matching.labels);
};

const setOperations: Readonly<
  Record<SetOperator, (left: Vector, right: Vector, key: (element: Element) => string) => Vector>
> = {
  and: (left, right, key) => {
    const keys = new Set(right.map(key));
    return left.filter((element) => keys.has(key(element)));
  },
  unless: (left, right, key) => {
    const keys = new Set(right.map(key));
    return left.filter((element) => !keys.has(key(element)));
  },
  or: (left, right, key) => {
    const keys = new Set(left.map(key));
    return [...left, ...right.filter((element) => !keys.has(key(element)))];
  },
};

const combine = ({ operator, matching }: Operation, left: Vector, right: Vector): Vector =>
  isSet(operator) ? setOperations[operator](left, right, ({ labels }) => signature(matching, labels)) : [];
