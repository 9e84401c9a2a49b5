/** What still holds of what was judged when a service's policy changed while the engine ran. */
import { isDeepStrictEqual } from 'node:util';
import type { MetricPolicy, ServicePolicy } from '../../config/index.js';
import type { JudgeMemory, MetricMemory } from './metric-memory.js';
import { penalty } from './penalty.js';

/** Where the values of a level come from. */
const pageOf = ({ scrape, system }: ServicePolicy, { level }: MetricPolicy): unknown =>
  level === 'system' && system !== null ? system.url : [scrape.scheme, scrape.port, scrape.path];

const measuresTheSame = (
  one: MetricPolicy,
  other: MetricPolicy,
  before: ServicePolicy,
  after: ServicePolicy,
): boolean =>
  isDeepStrictEqual(
    [one.level, one.source, one.minTraffic, pageOf(before, one)],
    [other.level, other.source, other.minTraffic, pageOf(after, other)],
  );

const judgesTheSame = (one: MetricPolicy, other: MetricPolicy): boolean =>
  one.good === other.good && one.critical === other.critical && isDeepStrictEqual(one.curve, other.curve);

/** A held value is judged anew, where it says enough by itself: an expression speaks of other metrics too. */
const judgedAnew = ({ judged }: MetricMemory, { good, critical, curve }: MetricPolicy): MetricMemory['judged'] =>
  judged === null || judged.value === null || curve.kind === 'expression'
    ? judged
    : { ...judged, penalty: penalty(judged.value, good, critical) };

/**
 * Of each metric that still measures the same the values stay, and are judged by what is asked now; a burst was made by the
 * thresholds of before and goes with them. A metric that measures something else starts anew. The same array where nothing
 * of it changed.
 */
export const carry = (memory: JudgeMemory, before: ServicePolicy, after: ServicePolicy): JudgeMemory => {
  const was = new Map(before.metrics.map((metric) => [metric.name, metric]));
  const is = new Map(after.metrics.map((metric) => [metric.name, metric]));
  const kept = memory.flatMap((each): MetricMemory[] => {
    const [old, now] = [was.get(each.name), is.get(each.name)];
    if (!old || !now || !measuresTheSame(old, now, before, after)) return [];
    return judgesTheSame(old, now) ? [each] : [{ ...each, burst: null, judged: judgedAnew(each, now) }];
  });
  return kept.length === memory.length && kept.every((each, i) => each === memory[i]) ? memory : kept;
};
