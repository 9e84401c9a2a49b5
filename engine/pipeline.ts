/**
 * The whole logic of the engine, for one service: what the pages showed -> values -> penalties -> scores -> zones.
 * Synchronous, no I/O, no clock, no randomness: the same memory, inputs, policy and time give the same result.
 */
import type { InstanceId, ServicePolicy } from '../config/index.js';
import type { RotationMark } from './client/index.js';
import { peersAmong } from './describe.js';
import { zoneEvent, type ZoneEvent } from './explain.js';
import { evidenceMark, inBlackout, isSameProcess, newcomer, recall, settle, turn } from './memory.js';
import type { Edit, InstanceMemory, Memories, ServiceMemory } from './memory.js';
import type { Instance, Judgement, Observation, UpObservation } from './model.js';
import { Roster } from './roster.js';
import { Scored } from './scored.js';
import { assess, judge, nextUp, smooth, unsmoothed } from './score/index.js';
import { expireZone, settleZone, stepZone, zoneOf } from './zone/index.js';

/** An instance whose app page was just scraped, well or not. */
export interface DueInstance {
  readonly instance: Instance;
  /** The rotation mark as it was read. */
  readonly mark: RotationMark | null;
  /** What its pages show, of traffic only what came after `evidence` (`derive/observe.ts`; a simulator has its own). */
  readonly observe: (evidence: RotationMark | null, now: number) => Observation;
}

export interface PipelineInputs {
  readonly due: readonly DueInstance[];
  /** Instances that discovery no longer knows. */
  readonly gone: readonly InstanceId[];
  /** Others are due as well and come in a later step: nobody expires before. */
  readonly more?: boolean;
}

export interface PipelineOutput {
  readonly scored: Scored;
  readonly judgements: readonly Judgement[];
  /** False: a lost scrape that says nothing, or a score that only grew old. History keeps evaluations. */
  readonly evaluated: boolean;
}

export interface PipelineResult {
  readonly memory: ServiceMemory;
  /** Of every instance that was due, and of those whose score expired. */
  readonly outputs: readonly PipelineOutput[];
  readonly events: readonly ZoneEvent[];
}

/** Evaluates the instances that are due; those that nobody evaluated for too long become unknown. */
export const step = (
  memory: ServiceMemory,
  inputs: PipelineInputs,
  policy: ServicePolicy,
  now: number,
): PipelineResult => {
  const instances = editOf(memory.instances);
  const touched: Touched[] = [];
  instances.deleteAll(inputs.gone);
  for (const { instance, mark, observe } of inputs.due) {
    const was = instances.get(instance.id);
    const before = recall(was, instance, mark, now);
    const observation = observe(evidenceMark(before, mark, policy, now), now);
    const after = evaluate(before, observation, mark, policy, now);
    instances.set(instance.id, after);
    touched.push({ was, after });
  }
  if (inputs.more !== true)
    instances.changeAll(
      (was) => {
        const after = expire(was, policy, now);
        if (after !== was) touched.push({ was, after });
        return after;
      },
      now - staleMs(policy),
    );
  return conclude({ instances: instances.finish() }, touched, policy, now);
};

const editOf = (memories: Memories): Edit => memories.edit?.() ?? Roster.from(memories).edit();

/** An instance that was evaluated or expired: its memory before and after. */
interface Touched {
  readonly was: InstanceMemory | undefined;
  readonly after: InstanceMemory;
}

/** One evaluation of one instance. `mark` is the rotation mark as it was read. */
export const evaluate = (
  recalled: InstanceMemory,
  observation: Observation,
  mark: RotationMark | null,
  policy: ServicePolicy,
  now: number,
): InstanceMemory => {
  const { scoring } = policy;
  const isSame = isSameProcess(recalled, observation);
  const known = settle(expire(recalled, policy, now), policy, now);
  const before = isSame ? turn(known, mark, policy, now) : newcomer(now, mark, now);
  const evaluation = before.evaluation + 1;
  const up = nextUp(before.up, observation.up, scoring.zones.fall, now);
  if (before.last !== null && saysNothing(observation.up, policy))
    return { ...before, at: now, evaluation, up, last: { ...before.last, instance: observation.instance } };

  const blackout = inBlackout(before, policy, now);
  const judged = judge(before.metrics, { observation, up, out: mark?.state === 'out', policy, now });
  const assessment = assess(judged.judgements, scoring);
  const own = blackout ? 'unknown' : zoneOf(assessment.score, scoring.zones);
  return {
    firstSeen: before.firstSeen,
    joinedAt: before.joinedAt,
    mark: before.mark,
    processStartedAt: observation.processStartedAt ?? before.processStartedAt,
    at: now,
    evaluation,
    up,
    metrics: blackout ? [] : judged.memory,
    smoothing: blackout ? unsmoothed : smooth(before.smoothing, assessment.score, scoring, now),
    zone: (now < before.settlesUntil ? settleZone : stepZone)(before.zone, own, scoring.zones, now),
    settlesUntil: before.settlesUntil,
    last: {
      instance: observation.instance,
      assessment,
      blackout,
      stale: false,
      requests: observation.requests,
      requestsSince: evidenceMark(before, mark, policy, now)?.since ?? before.firstSeen,
      inFlight: observation.inFlight,
      policy: policy.hash,
      intervalMs: policy.scrape.intervalMs,
    },
  };
};

/** A lost scrape touches nothing, until there are enough of them to mean something or all else is old too. */
const saysNothing = ({ missed }: UpObservation, { scoring }: ServicePolicy): boolean =>
  missed > 0 && missed < scoring.zones.fall && missed <= scoring.staleIntervals;

const staleMs = ({ scrape, scoring }: ServicePolicy): number => scoring.staleIntervals * scrape.intervalMs;

/** The same memory unless it just became too old to stand for anything, by the interval at which it was made if that is longer. */
const expire = (memory: InstanceMemory, { scrape, scoring }: ServicePolicy, now: number): InstanceMemory => {
  const intervalMs = Math.max(scrape.intervalMs, memory.last?.intervalMs ?? 0);
  const isOld = now - memory.at > scoring.staleIntervals * intervalMs;
  if (!isOld || (memory.last?.stale ?? memory.zone.zone === 'unknown')) return memory;
  return { ...memory, zone: expireZone(memory.zone, now), last: memory.last && { ...memory.last, stale: true } };
};

const conclude = (
  memory: ServiceMemory,
  touched: readonly Touched[],
  policy: ServicePolicy,
  now: number,
): PipelineResult => {
  const peers = peersAmong(memory);
  const outputs: PipelineOutput[] = [];
  const events: ZoneEvent[] = [];
  for (const { was, after } of touched) {
    if (after.last === null) continue;
    const scored = new Scored(after, after.last, policy, peers);
    const event = zoneEvent(was, scored, now);
    if (event !== null) events.push(event);
    const evaluated = after.last.assessment !== was?.last?.assessment && !after.last.stale;
    outputs.push({ scored, judgements: after.last.assessment.judgements, evaluated });
  }
  return { memory, outputs, events };
};
