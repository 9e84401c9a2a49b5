import type { RotationMark } from '../../engine/client/index.js';
import type { Action, InstanceMemory, Lifecycle } from '../client/index.js';
import type { Stance } from './rotation.js';
import type { Seat } from './seats.js';

/** What is kept of a stance. The same object as before when nothing changed: so a change is a difference of references. */
export const remember = (stance: Stance, weight: number, rampFrom: number | null, now: number): InstanceMemory => {
  const { seat, breaker, place } = stance;
  const before = seat.memory;
  const lifecycle = lifecycleOf(stance);
  const outSince = outSinceOf(stance, now);
  const over = isOver(stance);
  const episode = over && place === 'in' ? null : (before.episode ?? (isTrouble(stance) ? now : null));
  const quarantine = over ? null : before.quarantine;
  const told = place === 'in' && rampFrom === null && over ? lasting(before) : before.told;
  const same =
    before.lifecycle === lifecycle &&
    before.breaker === breaker &&
    before.rampFrom === rampFrom &&
    before.weight === weight &&
    before.outSince === outSince &&
    before.episode === episode &&
    before.quarantine === quarantine &&
    before.told === told;
  return same ? before : { ...before, lifecycle, breaker, rampFrom, weight, outSince, episode, quarantine, told };
};

const byPhase: Readonly<Record<Action['phase'], Lifecycle | null>> = {
  intent: 'draining',
  draining: 'draining',
  stepping: 'healing',
  verifying: 'verifying',
  closed: null,
};

const lifecycleOf = ({ seat, breaker, place }: Stance): Lifecycle => {
  const acting = seat.action ? byPhase[seat.action.phase] : null;
  if (acting) return acting;
  if (seat.inAction) return seat.memory.lifecycle;
  if (place === 'waiting') return 'joining';
  if (place === 'out') return seat.memory.quarantine === null ? 'out' : 'quarantined';
  return breaker.state === 'half-open' ? 'probation' : 'serving';
};

const outSinceOf = ({ seat, breaker, place }: Stance, now: number): number | null => {
  if (place === 'out') return seat.memory.outSince ?? now;
  return breaker.state === 'half-open' ? seat.memory.outSince : null;
};

/** The episode is over: what is refused from now on is news again. */
const isOver = ({ seat, breaker }: Stance): boolean =>
  seat.zone === 'green' && seat.up !== 'down' && breaker.state === 'closed' && seat.action === null && !seat.inAction;

/** What an episode begins with. */
const isTrouble = ({ seat, place }: Stance): boolean =>
  seat.zone === 'red' || seat.up === 'down' || place === 'out' || seat.action !== null;

/** Told once for an action, however long that is kept. */
const lasting = ({ told }: InstanceMemory): string[] => {
  const kept = told.filter((entry) => entry.includes(':'));
  return kept.length === told.length ? told : kept;
};

/**
 * The mark that the engine reads. `applied`: traffic is really applied; where it is only observed, an instance that "is out"
 * takes its traffic all the same, and its samples must not be held. A new process starts anew either way.
 */
export const markOf = (
  seat: Seat,
  after: InstanceMemory,
  before: RotationMark | undefined,
  applied: boolean,
  now: number,
): RotationMark | undefined => {
  const last: RotationMark | undefined = seat.renewed ? { state: 'fresh', since: now } : before;
  if (!applied) return last;
  const state =
    after.breaker.state === 'half-open' && after.weight > 0 ? 'probation' : after.outSince !== null ? 'out' : 'in';
  const known = last === undefined || last.state === 'fresh' ? 'in' : last.state;
  return state === known ? last : { state, since: markSince(after, state, now) };
};

/** The mark of a probation bears the probation's own start, so that the two can be compared. */
const markSince = ({ breaker }: InstanceMemory, state: RotationMark['state'], now: number): number =>
  state === 'probation' ? breaker.since : now;
