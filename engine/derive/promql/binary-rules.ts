/** Two operands: which may stand on which side of what. */
import type { SyntaxNode } from '@lezer/common';
import {
  arithmetic,
  comparisons,
  isComparison,
  isSet,
  setOperators,
  typeOf,
  type Cardinality,
  type Expr,
  type Matching,
  type Operator,
} from './ast.js';
import { includedIn, labelsOf } from './label-list.js';
import { labelsBut, omitting, onlyLabels } from './labels.js';
import { childrenOf, expectValue, first, spanOf, textOf, unsupported } from './nodes.js';
import { QueryError } from './problem.js';

/** An operator with all that stands between its operands. */
export interface Joint {
  readonly operator: Operator;
  readonly bool: boolean;
  readonly matching: Matching;
  readonly node: SyntaxNode;
  readonly clause: SyntaxNode | undefined;
}

const operators: readonly Operator[] = [...arithmetic, ...comparisons, ...setOperators];

/** From a BinaryExpr. */
export const jointOf = (node: SyntaxNode, source: string): Joint => {
  const children = childrenOf(node);
  const operatorNode = children[1];
  if (!operatorNode) throw new QueryError('something is missing here', spanOf(node));
  const text = textOf(operatorNode, { source }).toLowerCase();
  const operator = operators.find((each) => each === text);
  if (!operator) throw unsupported(`the operator "${text}" is`, operatorNode);
  const fill = children.find((child) => child.name === 'FillModifier');
  if (fill) throw unsupported('fill modifiers are', fill, 'use "or vector(0)"');
  const bool = children.some((child) => child.name === 'BoolModifier');
  const clause = children.find((child) => child.name === 'MatchingModifierClause');
  return { operator, bool, matching: matchingOf(clause, source), node: operatorNode, clause };
};

export const joinOperands = ({ operator, bool, matching, node, clause }: Joint, left: Expr, right: Expr): Expr => {
  const refuse = (why: string, at = node): never => {
    throw new QueryError(why, spanOf(at));
  };
  for (const side of [left, right]) expectValue(side);
  const numbers = [left, right].filter((side) => typeOf(side) === 'scalar').length;
  if (bool && !isComparison(operator)) refuse('bool belongs to comparisons only');
  if (isSet(operator) && numbers > 0) refuse(`${operator} needs a vector on both sides`);
  if (matching.labels.length > 0 && numbers > 0) refuse('on and ignoring need a vector on both sides');
  if (isComparison(operator) && !bool && numbers === 2) refuse(`two numbers are compared with "${operator} bool"`);
  const group = clause && groupIn(clause);
  if (group && isSet(operator)) refuse(`${operator} matches groups as a whole: no ${groupWords[group.name]}`, group);
  const span = { from: left.span.from, to: right.span.to };
  return { kind: 'binary', operator, bool, matching, left, right, span };
};

const groupWords: Readonly<Record<string, string>> = { GroupLeft: 'group_left', GroupRight: 'group_right' };
const groupIn = (clause: SyntaxNode): SyntaxNode | undefined =>
  childrenOf(clause).find(({ name }) => Object.hasOwn(groupWords, name));

const anyLabels: Matching = {
  on: false,
  labels: [],
  signature: labelsBut([]),
  joined: omitting([]),
  cardinality: 'one-to-one',
  include: [],
};

const matchingOf = (clause: SyntaxNode | undefined, source: string): Matching => {
  if (!clause) return anyLabels;
  const labels = labelsOf(clause, source);
  const on = first(clause).name === 'On';
  const group = groupIn(clause);
  const include = group ? includedIn(clause, group, source) : [];
  const twice = group && on ? include.find((label) => labels.includes(label)) : undefined;
  if (group && twice !== undefined)
    throw new QueryError(`the label "${twice}" is matched on already: it cannot be taken over`, spanOf(group));
  const cardinality: Cardinality = !group ? 'one-to-one' : group.name === 'GroupLeft' ? 'many-to-one' : 'one-to-many';
  return {
    on,
    labels,
    signature: on ? onlyLabels(labels) : labelsBut(labels),
    joined: on ? onlyLabels(labels) : omitting(labels),
    cardinality,
    include,
  };
};
