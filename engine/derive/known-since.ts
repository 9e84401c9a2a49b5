/**
 * Since when the samples behind a metric are whole. Where its queries changed while the engine ran, series that were not
 * read before begin in the middle of the windows: what one query knows of the past and another does not must not be
 * compared, nor a series taken for newborn.
 */
import type { CompiledMetric } from './compile.js';
import { childrenOf, type Expr } from './promql/ast.js';
import type { Selector } from './promql/selector.js';
import type { Scope } from './scope.js';

const inExpr = (expr: Expr): readonly Selector[] =>
  expr.kind === 'instant' || expr.kind === 'range' ? [expr.selector] : childrenOf(expr).flatMap(inExpr);

const selectorsOf = ({ source, minTraffic }: CompiledMetric): readonly Selector[] => {
  const traffic = minTraffic ? inExpr(minTraffic.expr) : [];
  switch (source.kind) {
    case 'up':
      return traffic;
    case 'query':
      return [...traffic, ...inExpr(source.expr)];
    case 'ratio':
      return [...traffic, source.bad, source.total];
    case 'stall':
      return [...traffic, ...inExpr(source.inFlight), source.completed];
  }
};

/** -Infinity: all along. Infinity: no page was read yet since its queries changed. */
export const knownSince = (metric: CompiledMetric, scope: Scope): number =>
  Math.max(-Infinity, ...selectorsOf(metric).map((selector) => scope.knownSince(selector)));
