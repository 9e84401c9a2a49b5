import type { FunctionSpec } from './functions.js';
import type { Selector } from './selector.js';

/** Where something stands in the text of the query: characters from (inclusive) and to (exclusive). */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What an expression yields; a range stands only inside a function. */
export type ValueType = 'scalar' | 'vector' | 'range';

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

/** `on`: only these labels count; otherwise all but these (and never the name). */
export interface Matching {
  readonly on: boolean;
  readonly labels: readonly string[];
}

export interface Grouping {
  readonly without: boolean;
  readonly labels: readonly string[];
}

export type AggregateOperator = 'sum' | 'avg' | 'min' | 'max' | 'count';

export interface InstantSelector {
  readonly kind: 'instant';
  readonly selector: Selector;
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
  | InstantSelector
  | RangeSelector
  | Call
  | Aggregate
  | Binary
  | { readonly kind: 'negate'; readonly expr: Expr; readonly span: Span };

export const typeOf = (expr: Expr): ValueType => {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'instant':
    case 'aggregate':
      return 'vector';
    case 'range':
      return 'range';
    case 'call':
      return expr.spec.returns;
    case 'negate':
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
    case 'negate':
      return [expr.expr];
    case 'binary':
      return [expr.left, expr.right];
    default:
      return [];
  }
};
