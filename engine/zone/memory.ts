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

/** Shown as `zone` from now on, or as before. */
const shown = (damper: Damper, before: ZoneMemory, zone: Zone, streak: Streak, now: number): ZoneMemory => ({
  damper,
  zone,
  since: before.zone === zone ? before.since : now,
  streak,
});

const extend = ({ zone: before, count, since }: Streak, zone: Zone, now: number): Streak =>
  before === zone && count > 0 ? { zone, count: count + 1, since } : { zone, count: 1, since: now };

/** Takes in one evaluation, whose own zone is `own`. */
export const stepZone = (memory: ZoneMemory, own: Zone, zones: ZonePolicy, now: number): ZoneMemory => {
  const damper = own === 'unknown' ? interrupt(memory.damper) : damp(memory.damper, own, zones);
  const zone = own === 'unknown' ? own : (damper.known ?? 'unknown');
  return shown(damper, memory, zone, extend(memory.streak, own, now), now);
};

/**
 * The same while evidence is still being gathered: nothing bad seen yet is no improvement. A better evaluation counts for
 * nothing, a worse one as always.
 */
export const settleZone = (memory: ZoneMemory, own: Zone, zones: ZonePolicy, now: number): ZoneMemory => {
  const { known } = memory.damper;
  if (known === null || own === 'unknown' || !isWorse(known, own)) return stepZone(memory, own, zones, now);
  return shown(memory.damper, memory, known, extend(memory.streak, 'unknown', now), now);
};

/** The score is too old to stand for anything. */
export const expireZone = (memory: ZoneMemory, now: number): ZoneMemory =>
  shown(interrupt(memory.damper), memory, 'unknown', memory.streak, now);

/** A rotation mark changed: what is counted for a decision starts anew. */
export const restartStreak = (memory: ZoneMemory, now: number): ZoneMemory => ({
  ...memory,
  streak: { zone: 'unknown', count: 0, since: now },
});
