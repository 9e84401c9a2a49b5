/** What is remembered of an instance's zone from one evaluation to the next. */
import type { ZonePolicy } from '../../config/index.js';
import type { Zone } from '../client/index.js';
import { damp, interrupt, undecided, type Damper } from './hysteresis.js';
import { isWorse } from './zone.js';

export interface Streak {
  readonly zone: Zone;
  readonly count: number;
  readonly since: number;
}

export interface ZoneMemory {
  readonly damper: Damper;
  /** As shown: the damper's zone, or `unknown` while the data is thin, old, or does not count yet. */
  readonly zone: Zone;
  readonly since: number;
  /** The run of evaluations with the same own zone. */
  readonly streak: Streak;
}

export const newZone = (now: number): ZoneMemory => ({
  damper: undecided,
  zone: 'unknown',
  since: now,
  streak: { zone: 'unknown', count: 0, since: now },
});

const shown = (memory: ZoneMemory, zone: Zone, now: number): Pick<ZoneMemory, 'zone' | 'since'> =>
  memory.zone === zone ? { zone, since: memory.since } : { zone, since: now };

const extend = (streak: Streak, zone: Zone, now: number): Streak =>
  streak.zone === zone && streak.count > 0 ? { ...streak, count: streak.count + 1 } : { zone, count: 1, since: now };

/** Takes in one evaluation, whose own zone is `own`. */
export const stepZone = (memory: ZoneMemory, own: Zone, zones: ZonePolicy, now: number): ZoneMemory => {
  const damper = own === 'unknown' ? interrupt(memory.damper) : damp(memory.damper, own, zones);
  const zone = own === 'unknown' ? own : (damper.known ?? 'unknown');
  return { damper, ...shown(memory, zone, now), streak: extend(memory.streak, own, now) };
};

/**
 * The same while evidence is still being gathered: nothing bad seen yet is no improvement. A better evaluation counts for
 * nothing, a worse one as always.
 */
export const settleZone = (memory: ZoneMemory, own: Zone, zones: ZonePolicy, now: number): ZoneMemory => {
  const { known } = memory.damper;
  if (known === null || own === 'unknown' || !isWorse(known, own)) return stepZone(memory, own, zones, now);
  return { damper: memory.damper, ...shown(memory, known, now), streak: extend(memory.streak, 'unknown', now) };
};

/** The score is too old to stand for anything. */
export const expireZone = (memory: ZoneMemory, now: number): ZoneMemory => ({
  ...memory,
  damper: interrupt(memory.damper),
  ...shown(memory, 'unknown', now),
});

/** A rotation mark changed: what is counted for a decision starts anew. */
export const restartStreak = (memory: ZoneMemory, now: number): ZoneMemory => ({
  ...memory,
  streak: { zone: 'unknown', count: 0, since: now },
});
