import { childrenOf, type Expr } from './promql/ast.js';
import type { Scope } from './scope.js';

/** Whether an expression could ever have had a value: of alternatives one must have been shown, else all. */
export const couldAnswer = (expr: Expr, scope: Scope): boolean => {
  if (expr.kind === 'instant' || expr.kind === 'range') return scope.knows(expr.selector);
  if (expr.kind === 'binary' && expr.operator === 'or')
    return couldAnswer(expr.left, scope) || couldAnswer(expr.right, scope);
  if (expr.kind === 'binary' && expr.operator === 'unless') return couldAnswer(expr.left, scope);
  return childrenOf(expr).every((child) => couldAnswer(child, scope));
};

/** Whether a query looks at ranges: then one scrape alone cannot answer it. */
export const hasRange = (expr: Expr): boolean => expr.kind === 'range' || childrenOf(expr).some(hasRange);
