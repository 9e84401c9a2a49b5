/** An instance's memory as numbers in its place: {@link unpack} makes the same of them, to the last bit. */
import type { InstanceMemory, LastEvaluation } from '../memory.js';
import type { Judgement } from '../model.js';
import type { MetricMemory } from '../score/index.js';
import { head, own, type Layout, type MetricPlace } from './layout.js';
import type { Place } from './place.js';
import { codeOf, metricCodeOf } from './state.js';

const mostSamples = 3;

/** What is not there is written as NaN, so a NaN that is there cannot be. */
const isWritable = (value: number | null): boolean => value === null || !Number.isNaN(value);

const isEvaluationWritable = ({ joinedAt, processStartedAt, smoothing, last }: InstanceMemory): boolean =>
  last !== null &&
  smoothing.raw.length <= 2 &&
  isWritable(joinedAt) &&
  isWritable(processStartedAt) &&
  isWritable(smoothing.value) &&
  isWritable(last.requests) &&
  isWritable(last.inFlight) &&
  isWritable(last.assessment.score);

const isJudgementWritable = (
  { metric, name, value, sampledAt, since, penalty }: Judgement,
  place: MetricPlace,
): boolean =>
  metric === place.metric &&
  name === metric.name &&
  isWritable(value) &&
  isWritable(sampledAt) &&
  isWritable(since) &&
  isWritable(penalty);

const isMemoryWritable = (
  { name, samples, burst, judged, since }: MetricMemory,
  judgement: Judgement,
  place: MetricPlace,
): boolean =>
  name === place.metric.name &&
  since === judgement.since &&
  (samples.length === 0 || (place.samples >= 0 && samples.length <= 2 * mostSamples && samples.length % 2 === 0)) &&
  (burst === null || place.burst >= 0) &&
  (judged === null || (place.held >= 0 && isWritable(judged.value) && isWritable(judged.sampledAt)));

/**
 * Whether the layout has room for all of it. It has not for what is rare: an instance that was not evaluated yet, or lately
 * by another policy, or whose metrics were forgotten in part.
 */
export const fits = (
  memory: InstanceMemory,
  judgements: readonly Judgement[],
  { policy, metrics }: Layout,
): boolean => {
  if (memory.last?.policy !== policy.hash || !isEvaluationWritable(memory)) return false;
  if (judgements.length !== metrics.length) return false;
  if (memory.metrics.length !== 0 && memory.metrics.length !== metrics.length) return false;
  for (let nth = 0; nth < metrics.length; nth++) {
    const [place, judgement, remembered] = [metrics[nth], judgements[nth], memory.metrics[nth]];
    if (place === undefined || judgement === undefined || !isJudgementWritable(judgement, place)) return false;
    if (remembered !== undefined && !isMemoryWritable(remembered, judgement, place)) return false;
  }
  return true;
};

const numberOf = (value: number | null): number => value ?? Number.NaN;

const packHead = (memory: InstanceMemory, last: LastEvaluation, { numbers, from }: Place): void => {
  const { smoothing, zone } = memory;
  numbers[from + head.at] = memory.at;
  numbers[from + head.evaluation] = memory.evaluation;
  numbers[from + head.firstSeen] = memory.firstSeen;
  numbers[from + head.joinedAt] = numberOf(memory.joinedAt);
  numbers[from + head.processStartedAt] = numberOf(memory.processStartedAt);
  numbers[from + head.settlesUntil] = memory.settlesUntil;
  numbers[from + head.raw] = smoothing.raw[0] ?? Number.NaN;
  numbers[from + head.rawAfter] = smoothing.raw[1] ?? Number.NaN;
  numbers[from + head.smoothed] = numberOf(smoothing.value);
  numbers[from + head.smoothedAt] = smoothing.at;
  numbers[from + head.zoneSince] = zone.since;
  numbers[from + head.streak] = zone.streak.count;
  numbers[from + head.streakSince] = zone.streak.since;
  numbers[from + head.coverage] = last.assessment.coverage;
  numbers[from + head.score] = numberOf(last.assessment.score);
  numbers[from + head.requests] = numberOf(last.requests);
  numbers[from + head.requestsSince] = last.requestsSince;
  numbers[from + head.inFlight] = numberOf(last.inFlight);
  numbers[from + head.intervalMs] = last.intervalMs;
  numbers[from + head.state] = codeOf({
    zone: zone.zone,
    streak: zone.streak.zone,
    raws: smoothing.raw.length,
    blackout: last.blackout,
    stale: last.stale,
    down: last.assessment.down,
    remembers: memory.metrics.length > 0,
  });
};

const packMetric = (
  judgement: Judgement,
  remembered: MetricMemory | undefined,
  { at, held, burst, samples }: MetricPlace,
  { numbers, from }: Place,
): void => {
  const base = from + at;
  const gauge = remembered?.samples ?? [];
  const hasBurst = remembered !== undefined && remembered.burst !== null;
  const hasHeld = remembered !== undefined && remembered.judged !== null;
  numbers[base + own.state] = metricCodeOf(judgement, gauge.length / 2, hasBurst, hasHeld);
  numbers[base + own.value] = numberOf(judgement.value);
  numbers[base + own.sampledAt] = numberOf(judgement.sampledAt);
  numbers[base + own.since] = numberOf(judgement.since);
  numbers[base + own.penalty] = numberOf(judgement.penalty);
  numbers[base + own.pointsLost] = judgement.pointsLost;
  for (let i = 0; i < gauge.length; i++) numbers[from + samples + i] = gauge[i] ?? Number.NaN;
  if (remembered?.burst) {
    numbers[from + burst] = remembered.burst.penalty;
    numbers[from + burst + 1] = remembered.burst.at;
  }
  if (remembered?.judged) {
    numbers[from + held] = numberOf(remembered.judged.value);
    numbers[from + held + 1] = remembered.judged.penalty;
    numbers[from + held + 2] = numberOf(remembered.judged.sampledAt);
  }
};

/** Writes over what was there. Only what {@link fits}. */
export const pack = (
  memory: InstanceMemory,
  last: LastEvaluation,
  judgements: readonly Judgement[],
  place: Place,
): void => {
  packHead(memory, last, place);
  const { metrics } = place.layout;
  for (let nth = 0; nth < metrics.length; nth++) {
    const [metric, judgement] = [metrics[nth], judgements[nth]];
    if (metric && judgement) packMetric(judgement, memory.metrics[nth], metric, place);
  }
};
