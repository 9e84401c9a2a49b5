import type { FunctionSpec } from './functions.js';
import type { Projection } from './labels.js';
import type { Selector } from './selector.js';

/** Where something stands in the text of the query: characters from (inclusive) and to (exclusive). */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What an expression yields; a range or a string stands only inside a function. */
export type ValueType = 'scalar' | 'vector' | 'range' | 'string';

export const arithmetic = ['+', '-', '*', '/', '%', '^', 'atan2'] as const;
export const comparisons = ['==', '!=', '>', '<', '>=', '<='] as const;
export const setOperators = ['and', 'or', 'unless'] as const;

export type Arithmetic = (typeof arithmetic)[number];
export type Comparison = (typeof comparisons)[number];
export type SetOperator = (typeof setOperators)[number];
export type Operator = Arithmetic | Comparison | SetOperator;

export const isComparison = (operator: Operator): operator is Comparison =>
  comparisons.some((each) => each === operator);
export const isSet = (operator: Operator): operator is SetOperator => setOperators.some((each) => each === operator);

/** How many elements of one side may match one of the other. */
export type Cardinality = 'one-to-one' | 'many-to-one' | 'one-to-many';

/** `on`: only these labels count; otherwise all but these (and never the name). */
export interface Matching {
  readonly on: boolean;
  readonly labels: readonly string[];
  /** What two elements must have in common. */
  readonly signature: Projection;
  /** What is left of the labels of two elements that stand for one another. */
  readonly joined: Projection;
  readonly cardinality: Cardinality;
  /** Labels that `group_left` and `group_right` take over from the side with one element. */
  readonly include: readonly string[];
}

export interface Grouping {
  readonly without: boolean;
  readonly labels: readonly string[];
  /** The labels of a group. */
  readonly of: Projection;
}

export const plainAggregates = ['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'] as const;
export const aggregatesByNumber = ['topk', 'bottomk', 'quantile'] as const;
export type PlainAggregate = (typeof plainAggregates)[number];
export type AggregateByNumber = (typeof aggregatesByNumber)[number];
export type AggregateOperator = PlainAggregate | AggregateByNumber | 'count_values';

export interface InstantSelector {
  readonly kind: 'instant';
  readonly selector: Selector;
  /** Negative: later than now. */
  readonly offsetMs: number;
  readonly span: Span;
}

export interface RangeSelector {
  readonly kind: 'range';
  readonly selector: Selector;
  readonly rangeMs: number;
  readonly offsetMs: number;
  readonly span: Span;
}

export interface Call {
  readonly kind: 'call';
  readonly spec: FunctionSpec;
  readonly args: readonly Expr[];
  readonly span: Span;
}

export interface Aggregate {
  readonly kind: 'aggregate';
  readonly operator: AggregateOperator;
  readonly grouping: Grouping;
  /** k, the quantile, or the label of `count_values`. */
  readonly param: Expr | null;
  readonly expr: Expr;
  readonly span: Span;
}

export interface Binary {
  readonly kind: 'binary';
  readonly operator: Operator;
  /** `bool`: 0 or 1 instead of filtering. */
  readonly bool: boolean;
  readonly matching: Matching;
  readonly left: Expr;
  readonly right: Expr;
  readonly span: Span;
}

export type Expr =
  | { readonly kind: 'number'; readonly value: number; readonly span: Span }
  | { readonly kind: 'string'; readonly value: string; readonly span: Span }
  | InstantSelector
  | RangeSelector
  | Call
  | Aggregate
  | Binary
  | { readonly kind: 'negate'; readonly expr: Expr; readonly span: Span }
  /** Changes nothing, but is no selector any more: `timestamp(+x)` is now. */
  | { readonly kind: 'plus'; readonly expr: Expr; readonly span: Span };

export const typeOf = (expr: Expr): ValueType => {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'instant':
    case 'aggregate':
      return 'vector';
    case 'range':
      return 'range';
    case 'call':
      return expr.spec.returns;
    case 'negate':
    case 'plus':
      return typeOf(expr.expr);
    case 'binary':
      return typeOf(expr.left) === 'scalar' && typeOf(expr.right) === 'scalar' ? 'scalar' : 'vector';
  }
};

/** The expressions directly inside this one. */
export const childrenOf = (expr: Expr): readonly Expr[] => {
  switch (expr.kind) {
    case 'call':
      return expr.args;
    case 'aggregate':
      return expr.param ? [expr.param, expr.expr] : [expr.expr];
    case 'negate':
    case 'plus':
      return [expr.expr];
    case 'binary':
      return [expr.left, expr.right];
    default:
      return [];
  }
};
