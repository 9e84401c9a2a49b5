/**
 * From readings to judgements: each metric's value, its penalty, and why there is none. Remembers per metric just enough
 * for the rules that look back.
 */
import type { MetricPolicy, ServicePolicy } from '../../config/index.js';
import type { Absence } from '../client/index.js';
import type { Judgement, Observation, Reading } from '../model.js';
import { bendAll } from './bend.js';
import { afterBurst, type Burst } from './decay.js';
import { expressionsOf } from './expressions.js';
import { leastBad, remember, type GaugeSamples } from './gauge.js';
import { blank, gapSince, needsTraffic, settle } from './metric-memory.js';
import type { Judged, JudgeMemory, MetricMemory } from './metric-memory.js';
import { fillGap } from './no-data.js';
import { penalty } from './penalty.js';
import { upValue, type UpState } from './up.js';

export interface JudgeInputs {
  readonly observation: Observation;
  readonly up: UpState;
  /** Out of rotation: metrics that depend on traffic are held. */
  readonly out: boolean;
  readonly policy: ServicePolicy;
  readonly now: number;
}

const nothing: GaugeSamples = [];

const absent = (metric: MetricPolicy, absence: Absence, since: number): Judgement => ({
  name: metric.name,
  metric,
  value: null,
  sampledAt: null,
  status: 'absent',
  absence,
  since,
  penalty: absence === 'too-little-traffic' ? 0 : null,
  pointsLost: 0,
  moving: false,
});

const held = (metric: MetricPolicy, { value, penalty, sampledAt }: Judged, since: number): Judgement => ({
  name: metric.name,
  metric,
  value,
  sampledAt,
  status: 'held',
  absence: null,
  since,
  penalty,
  pointsLost: 0,
  moving: false,
});

/** One metric on its way: what was known of it, what its samples come to, and what is said of them. */
interface Turn {
  readonly before: MetricMemory;
  readonly samples: GaugeSamples;
  readonly burst: Burst | null;
  readonly judgement: Judgement;
}

const readingOf = (metric: MetricPolicy, { observation, up, policy }: JudgeInputs): Reading => {
  if (metric.source.kind !== 'up') return observation.readings.get(metric.name) ?? unread(observation);
  const value = upValue(up, observation.up, policy.scoring.zones.fall);
  return value === null ? unread(observation) : { kind: 'value', value, sampledAt: observation.up.at };
};

const unread = ({ up }: Observation): Reading => ({ kind: 'absent', absence: 'missing', since: up.at });

/** Samples further apart than a score may be old do not belong together. */
const horizonMs = (metric: MetricPolicy, policy: ServicePolicy): number =>
  (policy.scoring.staleIntervals + 1) * intervalMs(metric, policy);

const intervalMs = ({ level, source }: MetricPolicy, { scrape, system, prometheus }: ServicePolicy): number => {
  if (source.kind === 'prometheus' && prometheus !== null) return prometheus.intervalMs;
  return level === 'system' && system !== null ? system.intervalMs : scrape.intervalMs;
};

/** Judged by the least bad of its last values. */
export const isGauge = ({ source }: MetricPolicy): boolean => source.kind === 'query' || source.kind === 'prometheus';

const judgeValue = (
  metric: MetricPolicy,
  before: MetricMemory,
  read: Extract<Reading, { kind: 'value' }>,
  { observation, policy, now }: JudgeInputs,
): Turn => {
  const { name, curve, good, critical } = metric;
  const samples = isGauge(metric)
    ? remember(before.samples, read.value, read.sampledAt, horizonMs(metric, policy))
    : nothing;
  const best = leastBad(samples, good, critical);
  const value = (best < 0 ? undefined : samples[best]) ?? read.value;
  const linear = penalty(value, good, critical);
  const lasting = curve.kind === 'decay' ? afterBurst(linear, before.burst, curve.halfLifeMs, now) : linear;
  const burst = curve.kind === 'decay' ? { penalty: lasting, at: now } : null;
  // Of a healthy resource nobody asks whether it moves, and looking back takes most of the time of an evaluation.
  const matters = lasting > 0 || curve.kind === 'expression';
  const moving = matters && observation.moving.has(name);
  const judgement: Judgement = {
    name,
    metric,
    value,
    sampledAt: (best < 0 ? undefined : samples[best + 1]) ?? read.sampledAt,
    status: 'judged',
    absence: null,
    since: null,
    penalty: lasting,
    pointsLost: 0,
    moving,
  };
  return { before, samples, burst, judgement };
};

/** Nothing of it is read: its memory stays as it is. */
const unjudged = (before: MetricMemory, judgement: Judgement): Turn => ({
  before,
  samples: before.samples,
  burst: before.burst,
  judgement,
});

/** One metric by its own reading, before its expression, and before anything stands in for what is not there. */
const judgeMetric = (metric: MetricPolicy, before: MetricMemory, inputs: JudgeInputs): Turn => {
  const { now } = inputs;
  if (inputs.out && needsTraffic(metric) && before.judged !== null)
    return unjudged(before, held(metric, before.judged, before.since ?? now));
  const reading = readingOf(metric, inputs);
  if (reading.kind === 'value' && Number.isFinite(reading.value)) return judgeValue(metric, before, reading, inputs);
  const why = reading.kind === 'absent' ? reading.absence : 'not-a-number';
  return unjudged(before, absent(metric, why, gapSince(before, reading, now)));
};

/** The memory of one metric, usually at its own place. */
const recallMetric = (memory: JudgeMemory, { name }: MetricPolicy, index: number): MetricMemory => {
  const there = memory[index];
  return (there?.name === name ? there : memory.find((each) => each.name === name)) ?? blank(name);
};

/** The same array where nothing of it is new. */
const remembered = (memory: JudgeMemory, turns: readonly Turn[], judgements: readonly Judgement[]): JudgeMemory => {
  const settled = turns.map((turn, at) => settle(turn.before, turn, judgements[at] ?? turn.judgement));
  const isSame = settled.length === memory.length && settled.every((each, at) => each === memory[at]);
  return isSame ? memory : settled;
};

/** Judges all metrics of one instance, in the order of the policy. */
export const judge = (
  memory: JudgeMemory,
  inputs: JudgeInputs,
): { readonly memory: JudgeMemory; readonly judgements: readonly Judgement[] } => {
  const { policy, now } = inputs;
  const expressions = expressionsOf(policy);
  const turns = policy.metrics.map((metric, at) => judgeMetric(metric, recallMetric(memory, metric, at), inputs));
  const filled = turns.map(({ judgement, before }) => {
    return expressions.size > 0 && expressions.has(judgement.name) ? judgement : fillGap(judgement, before, now);
  });
  // An expression reads what stands for others; what stands for itself is known only after it.
  const judgements =
    expressions.size === 0
      ? filled
      : bendAll(filled, expressions).map((bent, at) => fillGap(bent, turns[at]?.before ?? blank(bent.name), now));
  return { judgements, memory: remembered(memory, turns, judgements) };
};
