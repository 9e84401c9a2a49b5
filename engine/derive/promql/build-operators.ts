/**
 * Operators between operands. The published grammar reads `a - x offset 5s * 2` as `((a - x) offset 5s) * 2`, and `-1 ^ 2` as
 * `(-1) ^ 2`; in PromQL an offset belongs to the selector before it, and a sign binds less than `^`. So what the grammar found
 * is laid out as a row again, and put together by precedence.
 */
import type { SyntaxNode } from '@lezer/common';
import { typeOf, type Expr, type Operator, type Span } from './ast.js';
import { joinOperands, jointOf, type Joint } from './binary-rules.js';
import {
  childNamed,
  durationOf,
  expectValue,
  first,
  last,
  spanOf,
  textOf,
  type BuildContext,
  type Builder,
} from './nodes.js';
import { QueryError } from './problem.js';

type Item =
  | { readonly kind: 'operand'; readonly expr: Expr }
  | { readonly kind: 'sign'; readonly negative: boolean; readonly span: Span }
  | { readonly kind: 'joint'; readonly joint: Joint };

const levels: readonly (readonly Operator[])[] = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '>', '<', '>=', '<='],
  ['+', '-'],
  ['*', '/', '%', 'atan2'],
  ['^'],
];
const powerLevel = levels.length - 1;

export const operatorExpr: Builder = (node, context) => new Row(itemsOf(node, context)).expression(0);

const itemsOf = (node: SyntaxNode, context: BuildContext): readonly Item[] => {
  switch (node.name) {
    case 'BinaryExpr': {
      const joint: Item = { kind: 'joint', joint: jointOf(node, context.source) };
      return [...itemsOf(first(node), context), joint, ...itemsOf(last(node), context)];
    }
    case 'UnaryExpr':
      return [signOf(node, context), ...itemsOf(last(node), context)];
    case 'OffsetExpr':
      return withOffset(itemsOf(first(node), context), node, context);
    case 'NumberDurationLiteral':
      return numberItems(node, context);
    default:
      return [{ kind: 'operand', expr: context.build(node) }];
  }
};

const signOf = (node: SyntaxNode, context: BuildContext): Item => ({
  kind: 'sign',
  negative: textOf(node, context).startsWith('-'),
  span: spanOf(node),
});

/** The sign is no part of the number. */
const numberItems = (node: SyntaxNode, context: BuildContext): readonly Item[] => {
  const expr = context.build(node);
  if (expr.kind !== 'number' || !/^[+-]/.test(textOf(node, context))) return [{ kind: 'operand', expr }];
  const sign = signOf(node, context);
  const value = sign.kind === 'sign' && sign.negative ? -expr.value : expr.value;
  return [sign, { kind: 'operand', expr: { ...expr, value } }];
};

const withOffset = (items: readonly Item[], node: SyntaxNode, context: BuildContext): readonly Item[] => {
  const target = items.at(-1);
  const offsetMs = durationOf(childNamed(node, 'OffsetDurationExpr'), context);
  if (target?.kind !== 'operand' || (target.expr.kind !== 'instant' && target.expr.kind !== 'range'))
    throw new QueryError('offset belongs directly behind a selector or a range', spanOf(node));
  if (target.expr.offsetMs !== 0) throw new QueryError('there are two offsets', spanOf(node));
  const span = { from: target.expr.span.from, to: node.to };
  return [...items.slice(0, -1), { kind: 'operand', expr: { ...target.expr, offsetMs, span } }];
};

/** Operands and operators in a row, taken from the left. */
class Row {
  readonly #items: readonly Item[];
  #at = 0;

  constructor(items: readonly Item[]) {
    this.#items = items;
  }

  /** As far as operators of that level or a higher one go. */
  expression(level: number): Expr {
    let left = this.#operand();
    for (let item = this.#items[this.#at]; item?.kind === 'joint'; item = this.#items[this.#at]) {
      const { joint } = item;
      const own = levels.findIndex((operators) => operators.includes(joint.operator));
      if (own < level) return left;
      this.#at++;
      left = joinOperands(joint, left, this.expression(own === powerLevel ? own : own + 1));
    }
    return left;
  }

  #operand(): Expr {
    const item = this.#items[this.#at++];
    if (item?.kind === 'operand') return item.expr;
    if (item?.kind !== 'sign') throw new QueryError('something is missing here', { from: 0, to: 0 });
    return signed(this.expression(powerLevel), item.negative, item.span);
  }
}

const signed = (expr: Expr, negative: boolean, { from }: Span): Expr => {
  const span = { from, to: expr.span.to };
  if (typeOf(expr) === 'range') throw new QueryError('a range has no sign', span);
  expectValue(expr);
  if (expr.kind === 'number') return { ...expr, value: negative ? -expr.value : expr.value, span };
  return { kind: negative ? 'negate' : 'plus', expr, span };
};
