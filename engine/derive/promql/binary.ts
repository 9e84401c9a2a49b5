import {
  isComparison,
  isSet,
  type Arithmetic,
  type Binary,
  type Comparison,
  type Matching,
  type SetOperator,
} from './ast.js';
import { join } from './join.js';
import { dropName, keyOf } from './labels.js';
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

export type Operation = Pick<Binary, 'operator' | 'bool' | 'matching'>;

export const applyBinary = (operation: Operation, left: Value, right: Value): Value => {
  if (left.kind === 'vector' && right.kind === 'vector') return vectorOf(vectors(operation, left.vector, right.vector));
  if (left.kind === 'vector' && right.kind === 'scalar')
    return vectorOf(withScalar(operation, left.vector, (value) => both(operation, value, right.value)));
  if (left.kind === 'scalar' && right.kind === 'vector')
    return vectorOf(withScalar(operation, right.vector, (value) => both(operation, left.value, value, value)));
  if (left.kind === 'scalar' && right.kind === 'scalar') return scalar(both(operation, left.value, right.value) ?? 0);
  throw new EvaluationError('operands of no known kind');
};

const vectors = (operation: Operation, left: Vector, right: Vector): Vector => {
  const { operator, matching } = operation;
  if (isSet(operator)) return setOperations[operator](left, right, keyIn(matching));
  const keepsName = keepsLabels(operation);
  return distinct(join({ matching, keepsName, compute: (one, other) => both(operation, one, other) }, left, right));
};

/** The result for two numbers; undefined: a comparison that filters this element out. `kept` is what a filter lets through. */
export const both = ({ operator, bool }: Operation, left: number, right: number, kept = left): number | undefined => {
  if (isSet(operator)) throw new EvaluationError(`${operator} needs two vectors`);
  if (!isComparison(operator)) return calculate[operator](left, right);
  const holds = compare[operator](left, right);
  if (bool) return holds ? 1 : 0;
  return holds ? kept : undefined;
};

/** A filter keeps the element as it is; everything else makes a new one without a name. */
const keepsLabels = ({ operator, bool }: Operation): boolean => isComparison(operator) && !bool;

const withScalar = (operation: Operation, vector: Vector, compute: (value: number) => number | undefined): Vector => {
  const result: Element[] = [];
  const keeps = keepsLabels(operation);
  for (const { labels, value } of vector) {
    const computed = compute(value);
    if (computed !== undefined) result.push({ labels: keeps ? labels : dropName(labels), value: computed });
  }
  return keeps ? result : distinct(result);
};

type Key = (element: Element) => string;

const keyIn =
  ({ signature }: Matching): Key =>
  ({ labels }) =>
    keyOf(signature(labels));

const setOperations: Readonly<Record<SetOperator, (left: Vector, right: Vector, key: Key) => Vector>> = {
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
