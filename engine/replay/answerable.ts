/**
 * Whether history can answer for a candidate. It kept the values that were judged, not the series behind them: another
 * threshold, weight, cap, curve or damper can be tried on them; another query, page or beat cannot.
 */
import { isDeepStrictEqual } from 'node:util';
import { formatDuration } from '../../config/units.js';
import type { MetricPolicy, ServicePolicy } from '../../config/index.js';
import type { ReplayRefusal } from '../client/index.js';
import { isGauge } from '../score/index.js';
import type { PastMetric, PastPolicy } from './recorded-policy.js';

/** It speaks of other metrics only, and has no value that could have been recorded. */
export const isDerived = ({ curve, source }: MetricPolicy): boolean =>
  curve.kind === 'expression' && source.kind === 'query' && source.promql === '0';

/** The engine's own observation is in every point. */
const isAlwaysKnown = (metric: MetricPolicy): boolean => metric.source.kind === 'up' || isDerived(metric);

const same = (one: unknown, other: unknown): boolean =>
  isDeepStrictEqual(JSON.parse(JSON.stringify(one ?? null)), JSON.parse(JSON.stringify(other ?? null)));

const pageOf = ({ scheme, path, port }: PastPolicy['scrape'] | ServicePolicy['scrape']): unknown => [
  scheme,
  path,
  port,
];

const whyMetric = (metric: MetricPolicy, past: PastMetric | undefined): string | null => {
  if (past === undefined) return 'was not recorded: there is no value of it in the history';
  if (!same(metric.source, past.source)) return 'has another query than the one whose values were recorded';
  if (!same(metric.minTraffic, past.minTraffic)) return 'has another min_traffic, whose query was not recorded';
  if (metric.level !== past.level) return `was read for the ${past.level} level, and is now asked of ${metric.level}`;
  const turned = Math.sign(metric.critical - metric.good) !== Math.sign(past.critical - past.good);
  if (turned && isGauge(metric))
    return 'has its thresholds the other way round: of each three samples the one that was best then was recorded';
  return null;
};

/** What is asked of all metrics of a level together. */
const whyPages = (candidate: ServicePolicy, past: PastPolicy): readonly ReplayRefusal[] => {
  const refusals: ReplayRefusal[] = [];
  const refuse = (metric: string, why: string): void => void refusals.push({ metric, why });
  const [is, was] = [candidate.scrape.intervalMs, past.scrape.intervalMs];
  if (is !== was)
    refuse('scrape.interval', `is ${formatDuration(is)}, and was ${formatDuration(was)}: rates and counts rest on it`);
  if (!same(pageOf(candidate.scrape), pageOf(past.scrape))) refuse('scrape', 'names another page than was recorded');
  const asksServer = candidate.metrics.some(({ source }) => source.kind === 'prometheus');
  if (asksServer && !same(candidate.prometheus, past.prometheus))
    refuse('prometheus', 'names another server, or another beat, than was recorded');
  const asksSystem = candidate.metrics.some((metric) => metric.level === 'system' && metric.source.kind !== 'up');
  if (asksSystem && candidate.system?.url !== past.system?.url)
    refuse('system.url', 'names another page than was recorded');
  if (asksSystem && candidate.system?.intervalMs !== past.system?.intervalMs)
    refuse('system.interval', 'is another than was recorded');
  return refusals;
};

/** Everything that the values recorded under `past` cannot say; none: it can be replayed. */
export const refusalsOf = (candidate: ServicePolicy, past: PastPolicy): readonly ReplayRefusal[] => {
  const known = new Map(past.metrics.map((metric) => [metric.name, metric]));
  const metrics = candidate.metrics
    .filter((metric) => !isAlwaysKnown(metric))
    .flatMap((metric): ReplayRefusal[] => {
      const why = whyMetric(metric, known.get(metric.name));
      return why === null ? [] : [{ metric: metric.name, why }];
    });
  return [...whyPages(candidate, past), ...metrics];
};
