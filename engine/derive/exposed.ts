import { childrenOf, type Expr } from './promql/ast.js';
import { mayName, type Selector } from './promql/selector.js';
import type { PageWindow } from './store/page.js';

/** Whether the pages ever showed a metric of that name. */
export const isExposed = (selector: Selector, pages: readonly PageWindow[]): boolean =>
  pages.some(({ exposed }) =>
    selector.name !== null ? exposed.has(selector.name) : [...exposed].some((name) => mayName(selector, name)),
  );

/** Whether an expression could ever have had a value: of alternatives one must have been shown, else all. */
export const couldAnswer = (expr: Expr, pages: readonly PageWindow[]): boolean => {
  if (expr.kind === 'instant' || expr.kind === 'range') return isExposed(expr.selector, pages);
  if (expr.kind === 'binary' && expr.operator === 'or')
    return couldAnswer(expr.left, pages) || couldAnswer(expr.right, pages);
  if (expr.kind === 'binary' && expr.operator === 'unless') return couldAnswer(expr.left, pages);
  return childrenOf(expr).every((child) => couldAnswer(child, pages));
};

/** Whether a query looks at ranges: then one scrape alone cannot answer it. */
export const hasRange = (expr: Expr): boolean => expr.kind === 'range' || childrenOf(expr).some(hasRange);
