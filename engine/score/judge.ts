/**
 * From readings to judgements: each metric's value, its penalty, and why there is none. Remembers per metric just enough
 * for the rules that look back: a gauge's last samples, a burst, and the value to hold while the instance takes no traffic.
 */
import type { MetricName, MetricPolicy, ServicePolicy } from '../../config/index.js';
import type { Absence } from '../client/index.js';
import type { Judgement, Observation, Reading } from '../model.js';
import { afterBurst, type Burst } from './decay.js';
import { bendAll } from './bend.js';
import { expressionsOf } from './expressions.js';
import { leastBad, remember, type GaugeSample } from './gauge.js';
import { penalty } from './penalty.js';
import { upValue, type UpState } from './up.js';

/** The last value judged, kept for holding. */
export interface Judged {
  readonly value: number | null;
  readonly penalty: number;
  readonly sampledAt: number | null;
}

export interface MetricMemory {
  readonly name: MetricName;
  readonly samples: readonly GaugeSample[];
  readonly burst: Burst | null;
  readonly judged: Judged | null;
}

/** In the order of the policy's metrics, as long as the policy stays. */
export type JudgeMemory = readonly MetricMemory[];

export interface JudgeInputs {
  readonly observation: Observation;
  readonly up: UpState;
  /** Out of rotation: metrics that depend on traffic are held. */
  readonly out: boolean;
  readonly policy: ServicePolicy;
  readonly now: number;
}

const nothing: readonly GaugeSample[] = [];

/** Means something only while requests flow. */
export const needsTraffic = ({ source, minTraffic }: MetricPolicy): boolean =>
  source.kind === 'ratio' || source.kind === 'stall' || minTraffic !== null;

/** Forgets what traffic showed: the next mark begins a new story. */
export const forgetTraffic = (memory: JudgeMemory, policy: ServicePolicy): JudgeMemory => {
  const kept = new Set(policy.metrics.filter((metric) => !needsTraffic(metric)).map(({ name }) => name));
  return memory.filter(({ name }) => kept.has(name));
};

const absent = (metric: MetricPolicy, absence: Absence, moving: boolean): Judgement => ({
  name: metric.name,
  metric,
  value: null,
  sampledAt: null,
  status: 'absent',
  absence,
  penalty: absence === 'too-little-traffic' ? 0 : null,
  pointsLost: 0,
  moving,
});

const present = (metric: MetricPolicy, judged: Judged, status: 'judged' | 'held', moving: boolean): Judgement => ({
  name: metric.name,
  metric,
  value: judged.value,
  sampledAt: judged.sampledAt,
  status,
  absence: null,
  penalty: judged.penalty,
  pointsLost: 0,
  moving,
});

const readingOf = (metric: MetricPolicy, { observation, up, policy }: JudgeInputs): Reading => {
  const unread: Reading = { kind: 'absent', absence: 'missing', since: observation.up.at };
  if (metric.source.kind !== 'up') return observation.readings.get(metric.name) ?? unread;
  const value = upValue(up, observation.up, policy.scoring.zones.fall);
  return value === null ? unread : { kind: 'value', value, sampledAt: observation.up.at };
};

/** Samples further apart than a score may be old do not belong together. */
const horizonMs = ({ level }: MetricPolicy, { scrape, system, scoring }: ServicePolicy): number =>
  (scoring.staleIntervals + 1) * (level === 'system' && system !== null ? system.intervalMs : scrape.intervalMs);

const judgeValue = (
  metric: MetricPolicy,
  sample: GaugeSample,
  before: MetricMemory | undefined,
  { policy, now }: JudgeInputs,
): MetricMemory & { readonly judged: Judged } => {
  const { name, source, curve, good, critical } = metric;
  const samples =
    source.kind === 'query' ? remember(before?.samples ?? nothing, sample, horizonMs(metric, policy)) : nothing;
  const { value, at } = leastBad(samples, good, critical) ?? sample;
  const linear = penalty(value, good, critical);
  if (curve.kind !== 'decay') return { name, samples, burst: null, judged: { value, penalty: linear, sampledAt: at } };
  const lasting = afterBurst(linear, before?.burst ?? null, curve.halfLifeMs, now);
  return { name, samples, burst: { penalty: lasting, at: now }, judged: { value, penalty: lasting, sampledAt: at } };
};

const judgeMetric = (
  metric: MetricPolicy,
  before: MetricMemory | undefined,
  inputs: JudgeInputs,
): readonly [Judgement, MetricMemory] => {
  const memory = before ?? { name: metric.name, samples: nothing, burst: null, judged: null };
  const moving = inputs.observation.moving.has(metric.name);
  if (inputs.out && memory.judged !== null && needsTraffic(metric))
    return [present(metric, memory.judged, 'held', moving), memory];
  const reading = readingOf(metric, inputs);
  if (reading.kind === 'absent') {
    // Without traffic there is nothing left to hold either.
    const kept = reading.absence === 'too-little-traffic' ? { ...memory, judged: null } : memory;
    return [absent(metric, reading.absence, moving), kept];
  }
  if (!Number.isFinite(reading.value)) return [absent(metric, 'not-a-number', moving), memory];
  const after = judgeValue(metric, { value: reading.value, at: reading.sampledAt }, before, inputs);
  return [present(metric, after.judged, 'judged', moving), after];
};

/** What is held later is the penalty that counted, after its expression. */
const rememberBent = (memory: MetricMemory, bent: Judgement | undefined): MetricMemory => {
  if (memory.judged === null || bent?.status !== 'judged' || bent.penalty === null) return memory;
  return { ...memory, judged: { ...memory.judged, penalty: bent.penalty } };
};

/** Judges all metrics of one instance, in the order of the policy. */
export const judge = (
  memory: JudgeMemory,
  inputs: JudgeInputs,
): { readonly memory: JudgeMemory; readonly judgements: readonly Judgement[] } => {
  const judgements: Judgement[] = [];
  const after: MetricMemory[] = [];
  inputs.policy.metrics.forEach((metric, index) => {
    const there = memory[index];
    const before = there?.name === metric.name ? there : memory.find(({ name }) => name === metric.name);
    const [judgement, next] = judgeMetric(metric, before, inputs);
    judgements.push(judgement);
    after.push(next);
  });
  const bent = bendAll(judgements, expressionsOf(inputs.policy));
  return {
    judgements: bent,
    memory: bent === judgements ? after : after.map((each, i) => rememberBent(each, bent[i])),
  };
};
