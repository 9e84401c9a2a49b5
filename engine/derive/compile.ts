/** From the queries of a service file to what is evaluated, read and kept. Done once, when the file is loaded. */
import type { Level, MetricName, MetricPolicy, MetricSource, ServicePolicy } from '../../config/index.js';
import { levels, scoringWindowMs } from '../../config/index.js';
import { BallastError } from '../../lib/errors.js';
import { evidenceWindowsMs } from './evidence.js';
import { childrenOf, type Expr } from './promql/ast.js';
import { parseQuery, type ParsedQuery, type ParseOptions } from './promql/parse.js';
import { problemText, type QueryProblem } from './promql/problem.js';
import { createSelector, type Selector } from './promql/selector.js';
import type { PageKind } from '../model.js';
import { answer, answered, answerOf, pageOf, scrapesOwn, type MetricPage } from './metric-page.js';
import { isObserved, isShared } from './scope.js';
import { Retention, type Need } from './store/index.js';

export type CompiledSource =
  | { readonly kind: 'query'; readonly expr: Expr }
  | { readonly kind: 'ratio'; readonly bad: Selector; readonly total: Selector }
  | { readonly kind: 'stall'; readonly inFlight: Expr; readonly completed: Selector; readonly atLeast: number }
  | { readonly kind: 'up' };

export interface CompiledMetric {
  readonly policy: MetricPolicy;
  readonly source: CompiledSource;
  readonly minTraffic: { readonly expr: Expr; readonly atLeast: number; readonly page: MetricPage } | null;
  readonly page: MetricPage;
  /** Means something only while requests flow: sees nothing from before the rotation mark. */
  readonly traffic: boolean;
}

export interface CompiledService {
  readonly policy: ServicePolicy;
  readonly metrics: readonly CompiledMetric[];
  /** Requests in flight, for draining. */
  readonly inFlight: Expr | null;
  /** The counter of all requests: `total` of the first ratio metric. */
  readonly requests: { readonly level: Level; readonly selector: Selector } | null;
  readonly needs: Readonly<Record<PageKind, readonly Need[]>>;
  readonly retention: Readonly<Record<PageKind, Retention>>;
  /** Its instances' own pages are read: some metric, or draining, asks for what stands there. */
  readonly scrapesOwn: boolean;
  /** Equal for services that need the same series for as long. */
  readonly needsKey: string;
}

/** Any page of an instance may tell when its process started; only its own page is believed. */
export const processStart = createSelector('process_start_time_seconds', []);

/** A query whose position does not depend on a service: syntax, functions and types. Null: it can be used. */
export const checkQuery = (text: string): QueryProblem | null => {
  const parsed = parseLive(text, { rateIntervalMs: scoringWindowMs(5_000) });
  return parsed.ok ? null : parsed.problem;
};

/** A metric is judged now, by samples that were already taken. */
const parseLive = (text: string, options: ParseOptions): ParsedQuery => {
  const parsed = parseQuery(text, options);
  const early = parsed.ok ? findFuture(parsed.expr) : null;
  if (!early) return parsed;
  return { ok: false, problem: { message: 'a negative offset asks for the future', ...early.span } };
};

const findFuture = (expr: Expr): Expr | null => {
  if ((expr.kind === 'instant' || expr.kind === 'range') && expr.offsetMs < 0) return expr;
  for (const child of childrenOf(expr)) {
    const found = findFuture(child);
    if (found) return found;
  }
  return null;
};

/** Throws BallastError `bad-query` with service, metric and position. */
export const compileService = (policy: ServicePolicy): CompiledService => {
  const metrics = policy.metrics.map((metric) => compileMetric(policy, metric));
  const inFlight =
    policy.drain.inFlight === null ? null : compileAt(policy, 'drain.in_flight', policy.drain.inFlight, 'app');
  const needs = needsOf(metrics, inFlight);
  for (const level of levels) refuseTooLong(policy, level, needs[level]);
  const ratio = metrics.find(({ source }) => source.kind === 'ratio');
  return {
    policy,
    metrics,
    inFlight,
    requests: ratio?.source.kind === 'ratio' ? { level: ratio.policy.level, selector: ratio.source.total } : null,
    needs,
    retention: {
      app: new Retention(needs.app),
      system: new Retention(needs.system),
      gateway: new Retention(needs.gateway),
      prometheus: new Retention(needs.prometheus),
      observed: new Retention(needs.observed),
    },
    scrapesOwn: scrapesOwn(metrics, inFlight, needs),
    needsKey: JSON.stringify(
      Object.entries(needs).map(([level, each]) => [level, ...each.map((need) => [need.selector.text, need.windowMs])]),
    ),
  };
};

const compileMetric = (service: ServicePolicy, metric: MetricPolicy): CompiledMetric => {
  const { minTraffic, source, name, level } = metric;
  const compiled = compileSource(service, name, level, source);
  const traffic = minTraffic === null ? null : compileTraffic(service, metric, minTraffic.promql);
  return {
    policy: metric,
    source: compiled,
    page: pageOf(service, metric, compiled),
    minTraffic: minTraffic && traffic && { ...traffic, atLeast: minTraffic.atLeast },
    traffic: source.kind === 'ratio' || source.kind === 'stall' || minTraffic !== null,
  };
};

const compileTraffic = (service: ServicePolicy, { name, level, source }: MetricPolicy, promql: string) => {
  if (source.kind === 'prometheus') return { expr: answer, page: answerOf(service, promql, source.label) };
  return { expr: compileAt(service, `${name}.min_traffic`, promql, level), page: { kind: 'level', level } as const };
};

const compileSource = (
  service: ServicePolicy,
  name: MetricName,
  level: Level,
  source: MetricSource,
): CompiledSource => {
  const selector = (part: string, text: string): Selector => selectorAt(service, `${name}.${part}`, text, level);
  switch (source.kind) {
    case 'up':
      return { kind: 'up' };
    case 'prometheus':
      return { kind: 'query', expr: answer };
    case 'query':
      return { kind: 'query', expr: compileAt(service, name, source.promql, level) };
    case 'ratio':
      return { kind: 'ratio', bad: selector('bad', source.bad), total: selector('total', source.total) };
    case 'stall':
      return {
        kind: 'stall',
        inFlight: compileAt(service, `${name}.in_flight`, source.inFlight, level),
        completed: selector('completed', source.completed),
        atLeast: source.atLeast,
      };
  }
};

const parseOptions = ({ scrape, system }: ServicePolicy, level: Level): ParseOptions => ({
  rateIntervalMs: scoringWindowMs(level === 'system' && system ? system.intervalMs : scrape.intervalMs),
});

const compileAt = (service: ServicePolicy, what: string, text: string, level: Level): Expr => {
  const parsed = parseLive(text, parseOptions(service, level));
  if (!parsed.ok) throw badQuery(service, what, text, parsed.problem);
  return parsed.expr;
};

const badQuery = (service: ServicePolicy, what: string, text: string, problem: QueryProblem): BallastError =>
  new BallastError('bad-query', `${service.service}: ${what}: ${problemText(problem, text)}`, {
    hint: `correct the query of ${what} in ${service.file}`,
  });

/** A counter is named by a selector; a bare sum() around it changes nothing, since all its series are summed anyway. */
const selectorAt = (service: ServicePolicy, what: string, text: string, level: Level): Selector => {
  const expr = compileAt(service, what, text, level);
  const isSum = expr.kind === 'aggregate' && expr.operator === 'sum' && expr.grouping.labels.length === 0;
  const inner = isSum ? expr.expr : expr;
  if (inner.kind === 'instant' && inner.offsetMs === 0) return inner.selector;
  const message = 'a counter is named by a plain selector, without rate() or other functions';
  throw badQuery(service, what, text, { message, ...expr.span });
};

/** How far back values are compared to tell whether a resource still moves. */
export const movingWindowMs = 30_000;

const needsOf = (metrics: readonly CompiledMetric[], inFlight: Expr | null): CompiledService['needs'] => {
  const needs: Record<PageKind, Map<string, Need>> = {
    app: new Map(),
    system: new Map(),
    gateway: new Map(),
    prometheus: new Map(),
    observed: new Map(),
  };
  const addTo = (level: PageKind, selector: Selector, windowMs: number): void => {
    const before = needs[level].get(selector.text)?.windowMs ?? 0;
    needs[level].set(selector.text, { selector, windowMs: Math.max(before, windowMs) });
  };
  // Another level's page may know a name that the metric's own does not.
  const add = (level: Level, selector: Selector, windowMs: number): void => {
    if (isObserved(selector)) addTo('observed', selector, windowMs);
    else for (const each of levels) if (each === level || isShared(selector)) addTo(each, selector, windowMs);
  };
  const addExpr = (level: Level, expr: Expr, extraMs: number): void => {
    if (expr.kind === 'instant') add(level, expr.selector, expr.offsetMs + extraMs);
    if (expr.kind === 'range') add(level, expr.selector, expr.offsetMs + expr.rangeMs + extraMs);
    for (const child of childrenOf(expr)) addExpr(level, child, extraMs);
  };
  addTo('app', processStart, 0);
  if (inFlight) addExpr('app', inFlight, 0);
  for (const { policy, source, minTraffic, traffic, page } of metrics) {
    const { level } = policy;
    if (page.kind === 'answer') {
      addTo('prometheus', answered, movingWindowMs);
      continue;
    }
    if (minTraffic) addExpr(level, minTraffic.expr, 0);
    if (source.kind === 'query') addExpr(level, source.expr, traffic ? 0 : movingWindowMs);
    if (source.kind === 'stall') {
      addExpr(level, source.inFlight, 0);
      add(level, source.completed, 0);
    }
    if (source.kind === 'ratio')
      for (const selector of [source.bad, source.total]) add(level, selector, Math.max(...evidenceWindowsMs));
  }
  return {
    app: [...needs.app.values()],
    system: [...needs.system.values()],
    gateway: [...needs.gateway.values()],
    prometheus: [...needs.prometheus.values()],
    observed: [...needs.observed.values()],
  };
};

const rowsLimit = 5_000;

const refuseTooLong = (
  { service, file, scrape, system }: ServicePolicy,
  level: Level,
  needs: readonly Need[],
): void => {
  const intervalMs = level === 'system' && system ? system.intervalMs : scrape.intervalMs;
  for (const { selector, windowMs } of needs)
    if (windowMs / intervalMs > rowsLimit)
      throw new BallastError(
        'query-too-long',
        `${service}: ${selector.text} asks for ${windowMs / 1000} s of samples each ${intervalMs / 1000} s, more than the limit of ${rowsLimit}`,
        { hint: `ask for a shorter range in ${file}; Ballast keeps short windows, not history` },
      );
};
