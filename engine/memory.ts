/**
 * What the pipeline remembers: plain immutable data. Of each instance, what the rules that look back need, and its last
 * evaluation for whoever asks. The first part outlives a restart of the engine (`engine/hydrate.ts`).
 */
import { type InstanceId, scoringWindowMs, type ServicePolicy } from '../config/index.js';
import type { RotationMark } from './client/index.js';
import type { Assessment, Instance, Observation } from './model.js';
import { carry, forgetTraffic, unsmoothed } from './score/index.js';
import type { JudgeMemory, Results, Smoothing, UpState } from './score/index.js';
import { newZone, restartStreak, type ZoneMemory } from './zone/index.js';

/** How the last evaluation came out. */
export interface LastEvaluation {
  readonly instance: Instance;
  readonly assessment: Assessment;
  /** Its first samples do not count yet. */
  readonly blackout: boolean;
  /** Expired: nobody evaluated it since for too long. */
  readonly stale: boolean;
  readonly requests: number | null;
  readonly requestsSince: number;
  readonly inFlight: number | null;
  /** Hash of the policy that judged, and the interval that it asked for. */
  readonly policy: string;
  readonly intervalMs: number;
}

export interface InstanceMemory {
  readonly firstSeen: number;
  /** When it joined, or became another process under the same id; null: it was there before this engine. */
  readonly joinedAt: number | null;
  readonly mark: RotationMark | null;
  readonly processStartedAt: number | null;
  readonly at: number;
  readonly evaluation: number;
  readonly up: UpState | null;
  readonly metrics: JudgeMemory;
  readonly smoothing: Smoothing;
  readonly zone: ZoneMemory;
  /** After a restart of the engine its windows are empty; until then it believes no improvement. 0: not restored. */
  readonly settlesUntil: number;
  /** Null: not evaluated yet by this engine. */
  readonly last: LastEvaluation | null;
}

/** Memories on their way to those of the next step. */
export interface Edit {
  get(id: InstanceId): InstanceMemory | undefined;
  set(id: InstanceId, memory: InstanceMemory): void;
  deleteAll(gone: readonly InstanceId[]): void;
  /** Replaces each by what `change` makes of it; those that were evaluated at `before` or later may be passed over. */
  changeAll(change: (memory: InstanceMemory) => InstanceMemory, before: number): void;
  /** The edit must not be used any more. */
  finish(): Memories;
}

/** By instance. What keeps them in a way of its own is edited, and asked for results, in a way of its own. */
export interface Memories extends ReadonlyMap<InstanceId, InstanceMemory> {
  edit?(): Edit;
  results?(): Results;
}

export interface ServiceMemory {
  readonly instances: Memories;
}

export const emptyMemory: ServiceMemory = { instances: new Map() };

/** Memory to go on from under another policy of the same service: only what rests on what changed is forgotten. */
export const reconfigure = (memory: ServiceMemory, before: ServicePolicy, after: ServicePolicy): ServiceMemory => ({
  instances: new Map(
    [...memory.instances].map(([id, each]) => {
      const metrics = carry(each.metrics, before, after);
      return [id, metrics === each.metrics ? each : { ...each, metrics }] as const;
    }),
  ),
});

/** Memory without a past. */
export const newcomer = (joinedAt: number | null, mark: RotationMark | null, now: number): InstanceMemory => ({
  firstSeen: now,
  joinedAt,
  mark,
  processStartedAt: null,
  at: now,
  evaluation: 0,
  up: null,
  metrics: [],
  smoothing: unsmoothed,
  zone: newZone(now),
  settlesUntil: 0,
  last: null,
});

/** Start times are seconds with rounding, and some exporters derive them from two clocks. */
const startToleranceMs = 2_000;

export const isSameProcess = ({ processStartedAt }: InstanceMemory, observation: Observation): boolean =>
  processStartedAt === null ||
  observation.processStartedAt === null ||
  Math.abs(processStartedAt - observation.processStartedAt) <= startToleranceMs;

const isSameMark = (a: RotationMark | null, b: RotationMark | null): boolean =>
  a?.state === b?.state && a?.since === b?.since;

/** A mark that the memory has not seen yet. */
const isNewMark = (memory: InstanceMemory, mark: RotationMark | null): boolean => !isSameMark(memory.mark, mark);

/** The memory to go on from: that of before, unless it belongs to somebody else under the same id. */
export const recall = (
  before: InstanceMemory | undefined,
  instance: Instance,
  mark: RotationMark | null,
  now: number,
): InstanceMemory => {
  if (before === undefined) return newcomer(instance.joinedAt, mark, now);
  if (instance.joinedAt !== null && instance.joinedAt > before.firstSeen) return newcomer(instance.joinedAt, mark, now);
  const isFresh = mark?.state === 'fresh' && isNewMark(before, mark) && mark.since > (before.joinedAt ?? -Infinity);
  return isFresh ? newcomer(now, mark, now) : before;
};

/** A new mark turns the page: the streak starts anew, and unless it is out now, what traffic showed before is forgotten. */
export const turn = (
  memory: InstanceMemory,
  mark: RotationMark | null,
  policy: ServicePolicy,
  now: number,
): InstanceMemory => {
  if (!isNewMark(memory, mark)) return memory;
  const metrics = mark?.state === 'out' ? memory.metrics : forgetTraffic(memory.metrics, policy);
  return { ...memory, mark, metrics, zone: restartStreak(memory.zone, now) };
};

/** Restored from an engine before this one, and about to be evaluated for the first time: its windows must fill first. */
export const settle = (memory: InstanceMemory, { scrape }: ServicePolicy, now: number): InstanceMemory => {
  const isRestored = memory.last === null && memory.evaluation > 0;
  return isRestored ? { ...memory, settlesUntil: now + scoringWindowMs(scrape.intervalMs) } : memory;
};

/** While it lasts, a joining instance is observed and not judged. */
export const inBlackout = ({ joinedAt }: InstanceMemory, { scoring }: ServicePolicy, now: number): boolean =>
  joinedAt !== null && now < joinedAt + scoring.blackoutMs;

/**
 * Since when samples are evidence of this process in this rotation: from the mark, but not from before it joined, nor,
 * once it is over, from its blackout.
 */
export const evidenceMark = (
  memory: InstanceMemory,
  mark: RotationMark | null,
  policy: ServicePolicy,
  now: number,
): RotationMark | null => {
  if (memory.joinedAt === null) return mark;
  const since = memory.joinedAt + (inBlackout(memory, policy, now) ? 0 : policy.scoring.blackoutMs);
  return mark !== null && (mark.state === 'out' || mark.since >= since)
    ? mark
    : { state: mark?.state ?? 'fresh', since };
};
