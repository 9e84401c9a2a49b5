/**
 * PromQL to our own tree. The grammar is the one that Prometheus publishes for its own web pages; what it reads and we cannot
 * evaluate is refused here, with its place in the text and what to write instead.
 */
import { parser } from '@prometheus-io/lezer-promql';
import type { SyntaxNode } from '@lezer/common';
import { didYouMean } from '../../../lib/spelling.js';
import { buildExpr } from './build.js';
import type { Expr } from './ast.js';
import { functions } from './functions.js';
import { expectValue, unsupported } from './nodes.js';
import { QueryError, type QueryProblem } from './problem.js';

export type ParsedQuery =
  | { readonly ok: true; readonly expr: Expr; readonly text: string }
  | { readonly ok: false; readonly problem: QueryProblem };

export interface ParseOptions {
  /** What `$__rate_interval` stands for. */
  readonly rateIntervalMs: number;
}

const rateInterval = '$__rate_interval';
const textLimit = 10_000;
const depthLimit = 100;

/** Never throws for what stands in the text. */
export const parseQuery = (text: string, { rateIntervalMs }: ParseOptions): ParsedQuery => {
  try {
    if (text.length > textLimit)
      throw new QueryError(`a query of more than ${textLimit} characters`, { from: 0, to: 0 });
    // The same length, so that every position stays true.
    const source = withoutComments(text).replaceAll(
      rateInterval,
      `${Math.round(rateIntervalMs)}ms`.padEnd(rateInterval.length),
    );
    const top = parser.parse(source).topNode;
    refuseBroken(top, source);
    const root = top.firstChild;
    if (!root) throw new QueryError('the query is empty', { from: 0, to: text.length });
    const expr = buildExpr(root, source);
    expectValue(expr);
    return { ok: true, expr, text };
  } catch (thrown) {
    if (!(thrown instanceof QueryError)) throw thrown;
    return { ok: false, problem: { message: thrown.message, from: thrown.span.from, to: thrown.span.to } };
  }
};

const stringOrComment = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*/gs;

/** Comments become blanks: they may stand anywhere. */
const withoutComments = (text: string): string =>
  text.includes('#')
    ? text.replace(stringOrComment, (found) => (found.startsWith('#') ? ' '.repeat(found.length) : found))
    : text;

/** The grammar recovers from mistakes and goes on; we stop at the first. */
const refuseBroken = (top: SyntaxNode, source: string): void => {
  const open: { node: SyntaxNode; depth: number }[] = [{ node: top, depth: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, depth } = next;
    if (depth > depthLimit) throw new QueryError('it is nested too deeply', { from: node.from, to: node.to });
    if (node.type.isError) throw brokenAt(node, source);
    for (let child = node.lastChild; child; child = child.prevSibling) open.push({ node: child, depth: depth + 1 });
  }
};

const brokenAt = (node: SyntaxNode, source: string): QueryError => {
  const { from, to } = node;
  const before = node.prevSibling;
  if (source[from] === '(' && before?.name === 'Identifier' && before.to <= from) {
    return unknownFunction(source.slice(before.from, before.to), before);
  }
  const rest = source.slice(from).trimStart();
  if (rest === '')
    return new QueryError('the query ends too early', { from: source.trimEnd().length, to: source.length });
  const start = source.length - rest.length;
  const found = (/^(?:[\w:.]+|.)/s.exec(rest) ?? [''])[0];
  const hint = node.parent?.name.endsWith('LabelMatcher') ? ": a label's value stands in quotes" : '';
  return new QueryError(`"${found}" is not expected here${hint}`, { from: start, to: Math.max(to, start + 1) });
};

/** Mistyped, or one that the grammar does not know (any more). */
const unknownFunction = (name: string, node: SyntaxNode): QueryError => {
  const meant = didYouMean(name, [...functions.keys()]);
  return meant === null
    ? unsupported(`the function "${name}" is`, node)
    : new QueryError(`there is no function "${name}": ${meant}`, { from: node.from, to: node.to });
};
