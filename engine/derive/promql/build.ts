import type { SyntaxNode } from '@lezer/common';
import { aggregateNames, isAggregate } from './aggregate.js';
import {
  arithmetic,
  comparisons,
  isComparison,
  isSet,
  setOperators,
  typeOf,
  type Binary,
  type Expr,
  type Grouping,
  type Matching,
  type Operator,
  type Span,
  type ValueType,
} from './ast.js';
import { functions, type FunctionSpec } from './functions.js';
import { readDuration, readNumber, readString } from './literals.js';
import { QueryError } from './problem.js';
import { buildSelector } from './build-selector.js';

const spanOf = ({ from, to }: SyntaxNode): Span => ({ from, to });
const textOf = (node: SyntaxNode, source: string): string => source.slice(node.from, node.to);

const childrenOf = (node: SyntaxNode): SyntaxNode[] => {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
};

const first = (node: SyntaxNode): SyntaxNode => {
  if (!node.firstChild) throw new QueryError('something is missing here', spanOf(node));
  return node.firstChild;
};

const childNamed = (node: SyntaxNode, name: string): SyntaxNode => {
  const found = childrenOf(node).find((child) => child.name === name);
  if (!found) throw new QueryError('something is missing here', spanOf(node));
  return found;
};

const last = (node: SyntaxNode): SyntaxNode => node.lastChild ?? first(node);

/** What the grammar reads and we do not evaluate, with what to do instead. */
const advice: Readonly<Record<string, string>> = {
  SubqueryExpr: 'subqueries are not supported: ask for the range of a series itself',
  StepInvariantExpr: 'the @ modifier is not supported: a query is evaluated now',
  AnchoredExpr: 'the modifier "anchored" is not supported',
  SmoothedExpr: 'the modifier "smoothed" is not supported',
  StringLiteral: 'a string has no value to judge',
  FillModifier: 'fill modifiers are not supported: use "or vector(0)"',
  GroupLeft: 'group_left is not supported: aggregate both sides to the same labels first',
  GroupRight: 'group_right is not supported: aggregate both sides to the same labels first',
};

type Builder = (node: SyntaxNode, source: string) => Expr;

export const buildExpr: Builder = (node, source) => {
  const builder = builders[node.name];
  if (builder) return builder(node, source);
  throw new QueryError(advice[node.name] ?? `${node.name} is not supported`, spanOf(node));
};

const numberExpr: Builder = (node, source) => {
  const value = readNumber(textOf(node, source));
  if (value === undefined) throw new QueryError('this is no number', spanOf(node));
  return { kind: 'number', value, span: spanOf(node) };
};

const durationOf = (node: SyntaxNode, source: string): number => {
  const text = textOf(node, source).trim();
  const negative = text.startsWith('-');
  const bare = text.replace(/^[+-]\s*/, '');
  const seconds = readDuration(bare) === undefined ? readNumber(bare) : undefined;
  const ms = readDuration(bare) ?? (seconds === undefined ? undefined : seconds * 1000);
  if (ms === undefined || !Number.isFinite(ms))
    throw new QueryError('this is no duration, such as 30s or 5m', spanOf(node));
  return negative ? -ms : ms;
};

const instantExpr: Builder = (node, source) => ({
  kind: 'instant',
  selector: buildSelector(node, source),
  offsetMs: 0,
  span: spanOf(node),
});

const rangeExpr: Builder = (node, source) => {
  const inner = unwrapped(first(node));
  if (inner.name !== 'VectorSelector')
    throw new QueryError('a range can only be taken of a selector, not of a computed value', spanOf(inner));
  const rangeMs = durationOf(childNamed(node, 'DurationExpr'), source);
  if (rangeMs <= 0) throw new QueryError('a range must be longer than nothing', spanOf(node));
  return { kind: 'range', selector: buildSelector(inner, source), rangeMs, offsetMs: 0, span: spanOf(node) };
};

/** The grammar reads `a + x offset 5m` as `(a + x) offset 5m`; in PromQL it belongs to the last selector alone. */
const offsetExpr: Builder = (node, source) => {
  const inner = first(node);
  const target = unwrapped(lastOperand(inner));
  if (target.name !== 'VectorSelector' && target.name !== 'MatrixSelector')
    throw new QueryError('offset belongs directly behind a selector or a range', spanOf(node));
  const offsetMs = durationOf(childNamed(node, 'OffsetDurationExpr'), source);
  if (offsetMs < 0) throw new QueryError('a negative offset asks for the future', spanOf(node));
  return { ...withOffset(buildExpr(inner, source), offsetMs), span: spanOf(node) };
};

const lastOperand = (node: SyntaxNode): SyntaxNode =>
  node.name === 'BinaryExpr' || node.name === 'UnaryExpr' ? lastOperand(last(node)) : node;

const withOffset = (expr: Expr, offsetMs: number): Expr => {
  if (expr.kind === 'binary') return { ...expr, right: withOffset(expr.right, offsetMs) };
  if (expr.kind === 'negate') return { ...expr, expr: withOffset(expr.expr, offsetMs) };
  return expr.kind === 'instant' || expr.kind === 'range' ? { ...expr, offsetMs } : expr;
};

const unwrapped = (node: SyntaxNode): SyntaxNode =>
  node.name === 'ParenExpr'
    ? unwrapped(childrenOf(node).find((child) => child.type.isAnonymous === false) ?? node)
    : node;

const parenExpr: Builder = (node, source) => ({ ...buildExpr(first(node), source), span: spanOf(node) });

const unaryExpr: Builder = (node, source) => {
  const expr = buildExpr(last(node), source);
  if (typeOf(expr) === 'range') throw new QueryError('a range has no sign', spanOf(node));
  return textOf(first(node), source) === '+'
    ? { ...expr, span: spanOf(node) }
    : { kind: 'negate', expr, span: spanOf(node) };
};

const argumentsOf = (node: SyntaxNode, source: string): Expr[] =>
  childrenOf(node).map((child) => buildExpr(child, source));

const callExpr: Builder = (node, source) => {
  const identifier = first(node);
  const name = textOf(identifier, source);
  const spec = functions.get(name);
  if (!spec) {
    const known = [...functions.keys()].sort().join(', ');
    throw new QueryError(`the function "${name}" is not supported; supported: ${known}`, spanOf(identifier));
  }
  const args = argumentsOf(last(node), source);
  checkArguments(spec, args, spanOf(node));
  return { kind: 'call', spec, args, span: spanOf(node) };
};

const typeNames: Readonly<Record<ValueType, string>> = {
  scalar: 'a number',
  vector: 'an instant vector',
  range: 'a range, such as x[30s]',
};

const checkArguments = (spec: FunctionSpec, args: readonly Expr[], span: Span): void => {
  const least = spec.args.length - spec.optional;
  if (args.length < least || args.length > spec.args.length) {
    const wanted = spec.optional === 0 ? `${least}` : `${least} to ${spec.args.length}`;
    throw new QueryError(`${spec.name} takes ${wanted} argument${wanted === '1' ? '' : 's'}, not ${args.length}`, span);
  }
  args.forEach((arg, index) => expectType(arg, spec.args[index] ?? 'vector', `${spec.name} needs`));
};

const expectType = (expr: Expr, wanted: ValueType, says: string): void => {
  const type = typeOf(expr);
  if (type !== wanted) throw new QueryError(`${says} ${typeNames[wanted]} here, not ${typeNames[type]}`, expr.span);
};

const aggregateExpr: Builder = (node, source) => {
  const [operatorNode, ...rest] = childrenOf(node);
  const operator = operatorNode ? textOf(operatorNode, source).toLowerCase() : '';
  if (!operatorNode || !isAggregate(operator)) {
    const known = aggregateNames.join(', ');
    throw new QueryError(
      `the aggregation "${operator}" is not supported; supported: ${known}`,
      spanOf(operatorNode ?? node),
    );
  }
  const body = rest.find((child) => child.name === 'FunctionCallBody');
  const [expr, ...more] = body ? argumentsOf(body, source) : [];
  if (!expr || more.length > 0) throw new QueryError(`${operator} takes one argument`, spanOf(node));
  expectType(expr, 'vector', `${operator} needs`);
  const modifier = rest.find((child) => child.name === 'AggregateModifier');
  return { kind: 'aggregate', operator, grouping: groupingOf(modifier, source), expr, span: spanOf(node) };
};

const groupingOf = (modifier: SyntaxNode | undefined, source: string): Grouping =>
  modifier
    ? { without: first(modifier).name === 'Without', labels: labelsOf(modifier, source) }
    : { without: false, labels: [] };

/** The names in the first parenthesised list of labels. */
const labelsOf = (node: SyntaxNode, source: string): string[] => {
  const list = childrenOf(node).find((child) => child.name === 'GroupingLabels');
  return (list ? childrenOf(list) : []).map((label) => {
    const text = textOf(label, source);
    const name = label.name === 'QuotedLabelName' ? readString(text) : text;
    if (name === undefined) throw new QueryError('this label name is broken', spanOf(label));
    return name;
  });
};

const operators: readonly Operator[] = [...arithmetic, ...comparisons, ...setOperators];

const binaryExpr: Builder = (node, source) => {
  const children = childrenOf(node);
  const [leftNode, operatorNode] = children;
  const rightNode = last(node);
  if (!leftNode || !operatorNode) throw new QueryError('something is missing here', spanOf(node));
  const text = textOf(operatorNode, source).toLowerCase();
  const operator = operators.find((each) => each === text);
  if (!operator) throw new QueryError(`the operator "${text}" is not supported`, spanOf(operatorNode));
  const fill = children.find((child) => child.name === 'FillModifier');
  if (fill) throw new QueryError(advice['FillModifier'] ?? '', spanOf(fill));
  const bool = children.some((child) => child.name === 'BoolModifier');
  const clause = children.find((child) => child.name === 'MatchingModifierClause');
  const left = buildExpr(leftNode, source);
  const right = buildExpr(rightNode, source);
  checkOperands(operator, bool, clause !== undefined, left, right, spanOf(operatorNode));
  const expr: Binary = {
    kind: 'binary',
    operator,
    bool,
    matching: matchingOf(clause, source),
    left,
    right,
    span: spanOf(node),
  };
  return operator === '^' ? signLast(expr) : expr;
};

/** The grammar reads the sign into the number, yet -1 ^ 2 is -(1 ^ 2). */
const signLast = (expr: Binary): Expr => {
  const { left, span } = expr;
  if (left.kind !== 'number' || !(left.value < 0 || Object.is(left.value, -0))) return expr;
  return { kind: 'negate', expr: { ...expr, left: { ...left, value: -left.value } }, span };
};

const checkOperands = (
  operator: Operator,
  bool: boolean,
  matched: boolean,
  left: Expr,
  right: Expr,
  at: Span,
): void => {
  const types = [typeOf(left), typeOf(right)];
  for (const side of [left, right])
    if (typeOf(side) === 'range')
      throw new QueryError('a range needs a function around it, such as rate(...)', side.span);
  if (bool && !isComparison(operator)) throw new QueryError('bool belongs to comparisons only', at);
  if (isSet(operator) && types.includes('scalar')) throw new QueryError(`${operator} needs a vector on both sides`, at);
  if (matched && types.includes('scalar')) throw new QueryError('on and ignoring need a vector on both sides', at);
  if (isComparison(operator) && !bool && !types.includes('vector'))
    throw new QueryError(`two numbers are compared with "${operator} bool"`, at);
};

const matchingOf = (clause: SyntaxNode | undefined, source: string): Matching => {
  if (!clause) return { on: false, labels: [] };
  const group = childrenOf(clause).find(({ name }) => name === 'GroupLeft' || name === 'GroupRight');
  if (group) throw new QueryError(advice[group.name] ?? '', spanOf(group));
  return { on: first(clause).name === 'On', labels: labelsOf(clause, source) };
};

const builders: Readonly<Record<string, Builder>> = {
  NumberDurationLiteral: numberExpr,
  VectorSelector: instantExpr,
  MatrixSelector: rangeExpr,
  OffsetExpr: offsetExpr,
  ParenExpr: parenExpr,
  UnaryExpr: unaryExpr,
  FunctionCall: callExpr,
  AggregateExpr: aggregateExpr,
  BinaryExpr: binaryExpr,
};
