import { childrenOf, type Expr } from './promql/ast.js';
import type { Scope } from './scope.js';

type CouldAnswer = (scope: Scope) => boolean;

const asked = new WeakMap<Expr, CouldAnswer>();

/** Whether an expression could ever have had a value: of alternatives one must have been shown, else all. */
export const couldAnswer = (expr: Expr, scope: Scope): boolean => {
  let could = asked.get(expr);
  if (!could) asked.set(expr, (could = couldAnswerOf(expr)));
  return could(scope);
};

/** Looked through once, and asked for every instance. */
const couldAnswerOf = (expr: Expr): CouldAnswer => {
  if (expr.kind === 'instant' || expr.kind === 'range') return (scope) => scope.knows(expr.selector);
  if (expr.kind === 'binary' && expr.operator === 'unless') return couldAnswerOf(expr.left);
  const all = childrenOf(expr).map(couldAnswerOf);
  const [only] = all;
  if (only && all.length === 1) return only;
  if (expr.kind === 'binary' && expr.operator === 'or') return (scope) => all.some((could) => could(scope));
  return (scope) => all.every((could) => could(scope));
};

/** Whether a query looks at ranges: then one scrape alone cannot answer it. */
export const hasRange = (expr: Expr): boolean => expr.kind === 'range' || childrenOf(expr).some(hasRange);
