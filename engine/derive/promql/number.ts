/**
 * Queries that come to one number, as nearly all do, asked without the vectors on the way there: the same answers as
 * {@link evaluate} gives, to the last bit, for a fraction of the time. What needs labels is left to the evaluator.
 */
import type { Aggregate, Binary, Call, Expr } from './ast.js';
import { isSet, typeOf, type SetOperator } from './ast.js';
import { both } from './binary.js';
import { quantileOfBuckets } from './buckets.js';
import type { SeriesSource } from './evaluate.js';
import { numbersOf, type AskNumbers, type AskScalar } from './numbers.js';
import { isPlain, reducers } from './reduce.js';

/** More than one element. */
export const several = Symbol('several elements');

/** Undefined: no element. */
export type AskNumber = (source: SeriesSource, nowMs: number) => number | undefined | typeof several;
/** One element without labels, or none. */
type AskPlain = (source: SeriesSource, nowMs: number) => number | undefined;

const known = new WeakMap<Expr, AskNumber | null>();

/** Null: the evaluator must be asked. */
export const numberQuery = (expr: Expr): AskNumber | null => {
  let query = known.get(expr);
  if (query === undefined)
    known.set(expr, (query = scalarOf(expr) ?? plainOf(expr) ?? only(numbersOf(expr, scalarOf))));
  return query;
};

const only = (ask: AskNumbers | null): AskNumber | null =>
  ask &&
  ((source, nowMs) => {
    const { cells, count } = ask(source, nowMs);
    return count > 1 ? several : count === 0 ? undefined : cells[0];
  });

const scalarOf = (expr: Expr): AskScalar | null => {
  if (typeOf(expr) !== 'scalar') return null;
  switch (expr.kind) {
    case 'number':
      return () => expr.value;
    case 'plus':
      return scalarOf(expr.expr);
    case 'negate': {
      const inner = scalarOf(expr.expr);
      return inner && ((source, nowMs) => -inner(source, nowMs));
    }
    case 'binary': {
      const [left, right] = [scalarOf(expr.left), scalarOf(expr.right)];
      return left && right && ((source, nowMs) => both(expr, left(source, nowMs), right(source, nowMs)) ?? 0);
    }
    default:
      return null;
  }
};

const plainOf = (expr: Expr): AskPlain | null => {
  switch (expr.kind) {
    case 'aggregate':
      return ofAggregate(expr);
    case 'binary':
      return ofBinary(expr);
    case 'call':
      return ofHistogram(expr);
    case 'plus':
      return plainOf(expr.expr);
    case 'negate': {
      const inner = plainOf(expr.expr);
      return inner && negated(inner);
    }
    default:
      return null;
  }
};

const negated =
  (ask: AskPlain): AskPlain =>
  (source, nowMs) => {
    const value = ask(source, nowMs);
    return value === undefined ? undefined : -value;
  };

const ofAggregate = ({ operator, grouping, expr }: Aggregate): AskPlain | null => {
  if (!isPlain(operator) || grouping.without || grouping.labels.length > 0) return null;
  const inner = numbersOf(expr, scalarOf);
  const reduce = reducers[operator];
  return (
    inner &&
    ((source, nowMs) => {
      const { cells, count } = inner(source, nowMs);
      return count === 0 ? undefined : reduce(cells, count);
    })
  );
};

const ofBinary = (expr: Binary): AskPlain | null => {
  const [left, right] = [plainOf(expr.left), plainOf(expr.right)];
  if (left && right)
    return isSet(expr.operator)
      ? ofSets(expr.operator, left, right)
      : paired(left, right, (one, other) => both(expr, one, other));
  const scalar = scalarOf(left ? expr.right : expr.left);
  if (scalar === null) return null;
  if (left) return paired(left, scalar, (value, number) => both(expr, value, number));
  return right && paired(right, scalar, (value, number) => both(expr, number, value, value));
};

/** Two elements without labels match, whatever they are matched by. */
const paired =
  (left: AskPlain, right: AskPlain, compute: (one: number, other: number) => number | undefined): AskPlain =>
  (source, nowMs) => {
    const one = left(source, nowMs);
    const other = right(source, nowMs);
    return one === undefined || other === undefined ? undefined : compute(one, other);
  };

const ofSets =
  (operator: SetOperator, left: AskPlain, right: AskPlain): AskPlain =>
  (source, nowMs) => {
    const one = left(source, nowMs);
    const other = right(source, nowMs);
    if (operator === 'or') return one ?? other;
    return (operator === 'and') === (other !== undefined) ? one : undefined;
  };

/** histogram_quantile(q, sum by (le) (…)): one histogram, whose buckets are added up. */
const ofHistogram = ({ spec, args: [first, second] }: Call): AskPlain | null => {
  if (spec.name !== 'histogram_quantile' || first === undefined || second?.kind !== 'aggregate') return null;
  const quantile = scalarOf(first);
  return quantile && quantileOfBuckets(second, quantile, scalarOf);
};
