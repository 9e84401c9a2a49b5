/** What every part of the builder needs of the grammar's tree. */
import type { SyntaxNode } from '@lezer/common';
import { typeOf, type Expr, type Span, type ValueType } from './ast.js';
import { readDuration, readNumber } from './literals.js';
import { QueryError } from './problem.js';

export interface BuildContext {
  readonly source: string;
  /** An expression inside this one. */
  readonly build: (node: SyntaxNode) => Expr;
}

export type Builder = (node: SyntaxNode, context: BuildContext) => Expr;

export const spanOf = ({ from, to }: SyntaxNode): Span => ({ from, to });
export const textOf = (node: SyntaxNode, { source }: Pick<BuildContext, 'source'>): string =>
  source.slice(node.from, node.to);

export const childrenOf = (node: SyntaxNode): SyntaxNode[] => {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
};

export const first = (node: SyntaxNode): SyntaxNode => {
  if (!node.firstChild) throw new QueryError('something is missing here', spanOf(node));
  return node.firstChild;
};

export const last = (node: SyntaxNode): SyntaxNode => node.lastChild ?? first(node);

export const childNamed = (node: SyntaxNode, name: string): SyntaxNode => {
  const found = childrenOf(node).find((child) => child.name === name);
  if (!found) throw new QueryError('something is missing here', spanOf(node));
  return found;
};

const simpleDuration = new Set(['UnaryOp', 'NumberDurationLiteralInDurationContext', 'OffsetDurationExpr']);

/** In milliseconds; a plain number counts seconds. */
export const durationOf = (node: SyntaxNode, context: Pick<BuildContext, 'source'>): number => {
  const text = textOf(node, context).trim();
  const negative = text.startsWith('-');
  const bare = text.replace(/^[+-]\s*/, '');
  const seconds = readDuration(bare) === undefined ? readNumber(bare) : undefined;
  const ms = readDuration(bare) ?? (seconds === undefined ? undefined : Math.round(seconds * 1000));
  if (ms === undefined && childrenOf(node).some(({ name }) => !simpleDuration.has(name)))
    throw unsupported('durations that are computed are', node, 'write 30s or 5m');
  if (ms === undefined || !Number.isFinite(ms))
    throw new QueryError('this is no duration, such as 30s or 5m', spanOf(node));
  return negative ? -ms : ms;
};

/** For what is PromQL, but not evaluated by Ballast. */
export const unsupported = (what: string, at: SyntaxNode, instead?: string): QueryError =>
  new QueryError(
    `${what} not supported${instead === undefined ? '' : `: ${instead}`}; a Prometheus server can answer it, with "source: prometheus"`,
    spanOf(at),
  );

const typeNames: Readonly<Record<ValueType, string>> = {
  scalar: 'a number',
  vector: 'an instant vector',
  range: 'a range such as x[30s]',
  string: 'a string',
};

export const expectType = (expr: Expr, wanted: ValueType, says: string): void => {
  const type = typeOf(expr);
  if (type !== wanted) throw new QueryError(`${says} ${typeNames[wanted]} here, not ${typeNames[type]}`, expr.span);
};

export const rangeNeedsFunction = 'a range needs a function around it, such as rate(...)';

/** Ranges and strings stand only inside functions. */
export const expectValue = (expr: Expr): void => {
  const type = typeOf(expr);
  if (type === 'range') throw new QueryError(rangeNeedsFunction, expr.span);
  if (type === 'string') throw new QueryError('a string has no value to judge', expr.span);
};
