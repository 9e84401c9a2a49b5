/** Which of an instance's pages a metric needs: those of its level, the engine's own, or a Prometheus server's answer. */
import { questionId, type Level, type MetricPolicy, type ServicePolicy } from '../../config/index.js';
import { answerName, questionKey, type TargetKey } from '../model.js';
import type { CompiledMetric, CompiledService, CompiledSource } from './compile.js';
import { childrenOf, type Expr } from './promql/ast.js';
import { createSelector, type Selector } from './promql/selector.js';
import { isObserved } from './scope.js';

/**
 * Which of an instance's pages have to be fresh for a metric: those of its level; or the engine's own observations, where it
 * asks for nothing else; or the answer to its own question.
 */
export type MetricPage =
  | { readonly kind: 'level'; readonly level: Level }
  | { readonly kind: 'observed' }
  | { readonly kind: 'answer'; readonly key: TargetKey };

/** All that an answer of a Prometheus server's holds for an instance. */
export const answered = createSelector(answerName, []);
export const answer: Expr = { kind: 'instant', selector: answered, offsetMs: 0, span: { from: 0, to: 0 } };

export const answerOf = ({ prometheus }: ServicePolicy, promql: string, label: string): MetricPage =>
  prometheus === null
    ? { kind: 'observed' }
    : { kind: 'answer', key: questionKey(questionId(prometheus, promql, label)) };

export const pageOf = (
  service: ServicePolicy,
  { source, level }: MetricPolicy,
  compiled: CompiledSource,
): MetricPage => {
  if (source.kind === 'prometheus') return answerOf(service, source.promql, source.label);
  const selectors = compiled.kind === 'query' ? selectorsOf(compiled.expr) : [];
  const observed = selectors.length > 0 && selectors.every(isObserved);
  return observed ? { kind: 'observed' } : { kind: 'level', level };
};

const selectorsOf = (expr: Expr): readonly Selector[] => [
  ...(expr.kind === 'instant' || expr.kind === 'range' ? [expr.selector] : []),
  ...childrenOf(expr).flatMap(selectorsOf),
];

/** Consul's checks are there without any scrape. */
const needsNoScrape = ({ name }: Selector): boolean => name === 'consul_check_status';

/** Whether an instance's own page is asked for anything. A constant, as expressions rest on, asks for nothing. */
export const scrapesOwn = (
  metrics: readonly CompiledMetric[],
  inFlight: Expr | null,
  { observed }: CompiledService['needs'],
): boolean =>
  inFlight !== null ||
  observed.some(({ selector }) => !needsNoScrape(selector)) ||
  metrics.every(({ page }) => page.kind === 'level') ||
  metrics.some(
    ({ source, page }) =>
      source.kind === 'up' ||
      (page.kind === 'level' && (source.kind !== 'query' || selectorsOf(source.expr).length > 0)),
  );
