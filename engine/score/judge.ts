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
import { leastBad, remember, type GaugeSample, type GaugeSamples } from './gauge.js';
import { penalty } from './penalty.js';
import { upValue, type UpState } from './up.js';

/** The last value judged of a metric that needs traffic, kept for holding. */
export interface Judged {
  readonly value: number | null;
  readonly penalty: number;
  readonly sampledAt: number | null;
}

export interface MetricMemory {
  readonly name: MetricName;
  readonly samples: GaugeSamples;
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

const nothing: GaugeSamples = [];

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

/** What is remembered of a value; the same object where there is nothing new, as most of ten thousand instances are well. */
const remembered = (before: MetricMemory, after: MetricMemory): MetricMemory =>
  before.samples === after.samples && before.burst === after.burst && before.judged === after.judged ? before : after;

const judgeValue = (
  metric: MetricPolicy,
  before: MetricMemory,
  sample: GaugeSample,
  moving: boolean,
  { policy, now }: JudgeInputs,
): readonly [Judgement, MetricMemory] => {
  const { name, source, curve, good, critical } = metric;
  const samples = source.kind === 'query' ? remember(before.samples, sample, horizonMs(metric, policy)) : nothing;
  const { value, at } = leastBad(samples, good, critical) ?? sample;
  const linear = penalty(value, good, critical);
  const lasting = curve.kind === 'decay' ? afterBurst(linear, before.burst, curve.halfLifeMs, now) : linear;
  const burst = curve.kind === 'decay' ? { penalty: lasting, at: now } : null;
  const judged = { value, penalty: lasting, sampledAt: at };
  const after = { name, samples, burst, judged: needsTraffic(metric) ? judged : null };
  return [present(metric, judged, 'judged', moving), remembered(before, after)];
};

const judgeMetric = (
  metric: MetricPolicy,
  before: MetricMemory,
  inputs: JudgeInputs,
): readonly [Judgement, MetricMemory] => {
  const moving = inputs.observation.moving.has(metric.name);
  if (inputs.out && before.judged !== null) return [present(metric, before.judged, 'held', moving), before];
  const reading = readingOf(metric, inputs);
  if (reading.kind === 'absent') {
    // Without traffic there is nothing left to hold either.
    const isQuiet = reading.absence === 'too-little-traffic' && before.judged !== null;
    return [absent(metric, reading.absence, moving), isQuiet ? { ...before, judged: null } : before];
  }
  if (!Number.isFinite(reading.value)) return [absent(metric, 'not-a-number', moving), before];
  return judgeValue(metric, before, { value: reading.value, at: reading.sampledAt }, moving, inputs);
};

const blank = (name: MetricName): MetricMemory => ({ name, samples: nothing, burst: null, judged: null });

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
    const [judgement, next] = judgeMetric(metric, before ?? blank(metric.name), inputs);
    judgements.push(judgement);
    after.push(next);
  });
  const bent = bendAll(judgements, expressionsOf(inputs.policy));
  return {
    judgements: bent,
    memory: bent === judgements ? after : after.map((each, i) => rememberBent(each, bent[i])),
  };
};
