/** Where the numbers of an instance stand in its place: what every instance has, then what its policy's metrics need. */
import type { MetricName, MetricPolicy, ServicePolicy } from '../../config/index.js';
import { isGauge, keepsJudged } from '../score/index.js';

/** Of every instance; what may be missing is NaN then. */
export const head = {
  at: 0,
  evaluation: 1,
  firstSeen: 2,
  joinedAt: 3,
  processStartedAt: 4,
  settlesUntil: 5,
  raw: 6,
  rawAfter: 7,
  smoothed: 8,
  smoothedAt: 9,
  zoneSince: 10,
  streak: 11,
  streakSince: 12,
  coverage: 13,
  score: 14,
  requests: 15,
  requestsSince: 16,
  inFlight: 17,
  intervalMs: 18,
  /** Words and flags, see `state.ts`. */
  state: 19,
} as const;
const headCount = 20;

/** Of every metric, from its `at` on. */
export const own = { state: 0, value: 1, sampledAt: 2, since: 3, penalty: 4, pointsLost: 5 } as const;
const ownCount = 6;
/** The last value judged, of what may be held. */
export const heldCount = 3;
export const burstCount = 2;
/** Value and time of each. */
export const gaugeCount = 6;

export interface MetricPlace {
  readonly metric: MetricPolicy;
  readonly at: number;
  /** Where these begin; -1: such a metric has none. */
  readonly held: number;
  readonly burst: number;
  readonly samples: number;
}

/** Of all instances that a policy judges. */
export interface Layout {
  readonly policy: ServicePolicy;
  readonly metrics: readonly MetricPlace[];
  /** Where each metric's penalty stands. */
  readonly penalties: ReadonlyMap<MetricName, number>;
  /** Numbers that an instance takes. */
  readonly width: number;
}

export const layoutOf = (policy: ServicePolicy): Layout => {
  let next = headCount;
  const take = (count: number): number => (next += count) - count;
  const metrics = policy.metrics.map((metric) => ({
    metric,
    at: take(ownCount),
    held: keepsJudged(metric) ? take(heldCount) : -1,
    burst: metric.curve.kind === 'decay' ? take(burstCount) : -1,
    samples: isGauge(metric) ? take(gaugeCount) : -1,
  }));
  const penalties = new Map(metrics.map(({ metric: { name }, at }) => [name, at + own.penalty]));
  return { policy, metrics, penalties, width: next };
};
