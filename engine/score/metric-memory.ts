/** What is remembered of each metric: a gauge's last samples, a burst, the value to hold, and since when there is none. */
import type { MetricName, MetricPolicy, ServicePolicy } from '../../config/index.js';
import type { Judgement, Reading } from '../model.js';
import type { Burst } from './decay.js';
import type { GaugeSamples } from './gauge.js';

/** The last value judged, kept for holding. */
export interface Judged {
  readonly value: number | null;
  readonly penalty: number;
  readonly sampledAt: number | null;
}

export interface MetricMemory {
  readonly name: MetricName;
  readonly samples: GaugeSamples;
  readonly burst: Burst | null;
  /** Of metrics that may be held only. */
  readonly judged: Judged | null;
  /** Since when no fresh value was judged; null: the last evaluation judged one. */
  readonly since: number | null;
}

/** In the order of the policy's metrics, as long as the policy stays. */
export type JudgeMemory = readonly MetricMemory[];

const nothing: GaugeSamples = [];

export const blank = (name: MetricName): MetricMemory => ({
  name,
  samples: nothing,
  burst: null,
  judged: null,
  since: null,
});

/** Means something only while requests flow. */
export const needsTraffic = ({ source, minTraffic }: MetricPolicy): boolean =>
  source.kind === 'ratio' || source.kind === 'stall' || minTraffic !== null;

/** Held while out of rotation, or kept to know later what it was. */
export const keepsJudged = (metric: MetricPolicy): boolean => needsTraffic(metric) || metric.noData.kind !== 'skip';

/** Forgets what traffic showed: the next mark begins a new story. */
export const forgetTraffic = (memory: JudgeMemory, policy: ServicePolicy): JudgeMemory => {
  const kept = new Set(policy.metrics.filter((metric) => !needsTraffic(metric)).map(({ name }) => name));
  return memory.filter(({ name }) => kept.has(name));
};

/**
 * When a gap that begins now began: a page that is missing or too old was last read well some time ago, and all the
 * other reasons are seen as they come.
 */
export const gapSince = (before: MetricMemory, reading: Reading, now: number): number => {
  if (before.since !== null) return before.since;
  const isUnread = reading.kind === 'absent' && (reading.absence === 'missing' || reading.absence === 'stale');
  return isUnread && Number.isFinite(reading.since) ? Math.min(now, reading.since) : now;
};

const nextJudged = (before: Judged | null, judgement: Judgement): Judged | null => {
  const { metric, status, absence, value, penalty, sampledAt } = judgement;
  if (!keepsJudged(metric)) return null;
  if (status !== 'judged' || penalty === null) return absence === 'too-little-traffic' ? null : before;
  return before?.value === value && before.penalty === penalty && before.sampledAt === sampledAt
    ? before
    : { value, penalty, sampledAt };
};

/** Takes in what a metric came to; the same object where there is nothing new, as most of ten thousand instances are well. */
export const settle = (
  before: MetricMemory,
  seen: Pick<MetricMemory, 'samples' | 'burst'>,
  judgement: Judgement,
): MetricMemory => {
  const judged = nextJudged(before.judged, judgement);
  const { since } = judgement;
  return before.samples === seen.samples &&
    before.burst === seen.burst &&
    before.judged === judged &&
    before.since === since
    ? before
    : { name: before.name, samples: seen.samples, burst: seen.burst, judged, since };
};
