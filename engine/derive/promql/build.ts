/** From the grammar's tree to our own. */
import type { SyntaxNode } from '@lezer/common';
import type { Expr } from './ast.js';
import { aggregateExpr, callExpr } from './build-call.js';
import { operatorExpr } from './build-operators.js';
import { buildSelector } from './build-selector.js';
import { readNumber, readString } from './literals.js';
import { childNamed, durationOf, first, spanOf, textOf, unsupported, type Builder } from './nodes.js';
import { QueryError } from './problem.js';

export const buildExpr = (node: SyntaxNode, source: string): Expr => {
  const build = (inner: SyntaxNode): Expr => {
    const builder = builders[inner.name];
    if (builder) return builder(inner, { source, build });
    const [what, instead] = refused[inner.name] ?? [`${inner.name} is`];
    throw unsupported(what, inner, instead);
  };
  return build(node);
};

/** What the grammar reads and we do not evaluate, with what to do instead. */
const refused: Readonly<Record<string, readonly [what: string, instead: string]>> = {
  SubqueryExpr: ['subqueries are', 'ask for the range of a series itself'],
  StepInvariantExpr: ['the @ modifier is', 'a query is evaluated now'],
  AnchoredExpr: ['the modifier "anchored" is', 'ranges hold the samples within them'],
  SmoothedExpr: ['the modifier "smoothed" is', 'ranges hold the samples within them'],
};

const numberExpr: Builder = (node, context) => {
  const value = readNumber(textOf(node, context));
  if (value === undefined) throw new QueryError('this is no number', spanOf(node));
  return { kind: 'number', value, span: spanOf(node) };
};

const stringExpr: Builder = (node, context) => {
  const value = readString(textOf(node, context));
  if (value === undefined) throw new QueryError('this string is broken or not closed', spanOf(node));
  return { kind: 'string', value, span: spanOf(node) };
};

const instantExpr: Builder = (node, { source }) => ({
  kind: 'instant',
  selector: buildSelector(node, source),
  offsetMs: 0,
  span: spanOf(node),
});

const rangeExpr: Builder = (node, context) => {
  const inner = unwrapped(first(node));
  if (inner.name !== 'VectorSelector')
    throw new QueryError('a range can only be taken of a selector, not of a computed value', spanOf(inner));
  const rangeMs = durationOf(childNamed(node, 'DurationExpr'), context);
  if (rangeMs <= 0) throw new QueryError('a range must be longer than nothing', spanOf(node));
  return {
    kind: 'range',
    selector: buildSelector(inner, context.source),
    rangeMs,
    offsetMs: 0,
    span: spanOf(node),
  };
};

const unwrapped = (node: SyntaxNode): SyntaxNode => (node.name === 'ParenExpr' ? unwrapped(first(node)) : node);

const parenExpr: Builder = (node, { build }) => ({ ...build(first(node)), span: spanOf(node) });

const builders: Readonly<Record<string, Builder>> = {
  NumberDurationLiteral: numberExpr,
  StringLiteral: stringExpr,
  VectorSelector: instantExpr,
  MatrixSelector: rangeExpr,
  OffsetExpr: operatorExpr,
  ParenExpr: parenExpr,
  UnaryExpr: operatorExpr,
  FunctionCall: callExpr,
  AggregateExpr: aggregateExpr,
  BinaryExpr: operatorExpr,
};
