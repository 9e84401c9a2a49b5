import type { RotationMark } from '../../engine/client/index.js';
import type { Action, InstanceMemory, Lifecycle } from '../client/index.js';
import type { Stance } from './rotation.js';
import type { Seat } from './seats.js';

export interface Moment {
  /** A drain takes so long at most. */
  readonly drainMs: number;
  /** It should be out, and the gateway serves it all the same. */
  readonly stillServed: boolean;
  readonly now: number;
}

/** What is kept of a stance. The same object as before when nothing changed: so a change is a difference of references. */
export const remember = (
  stance: Stance,
  weight: number,
  rampFrom: number | null,
  { drainMs, stillServed, now }: Moment,
): InstanceMemory => {
  const { seat, breaker, place } = stance;
  const before = seat.memory;
  const lifecycle = isDraining(stance, drainMs, now) ? 'draining' : lifecycleOf(stance);
  const drained = seat.asked?.code === 'DRAINED' ? seat.asked.since : null;
  const outSince = outSinceOf(stance, stillServed, now);
  const well = isWell(stance);
  const isOver = well && place === 'in' && rampFrom === null;
  const begins = isRestored(seat) ? null : before.episode;
  const episode = isOver ? null : (begins ?? (isTrouble(stance) ? now : null));
  const quarantine = well || isRestored(seat) ? null : before.quarantine;
  const told = isOver ? lasting(before) : before.told;
  const same =
    before.lifecycle === lifecycle &&
    before.breaker === breaker &&
    before.rampFrom === rampFrom &&
    before.weight === weight &&
    before.outSince === outSince &&
    before.episode === episode &&
    before.quarantine === quarantine &&
    before.drained === drained &&
    before.told === told;
  return same
    ? before
    : { ...before, lifecycle, breaker, rampFrom, weight, outSince, episode, quarantine, drained, told };
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

/**
 * What the gateway still serves is not out yet; it is noted at most this often, since each note is a write to Consul. Of a step
 * under way the gateway was asked before; a new leader's, which is late, must not begin the time anew.
 */
const stillServedMs = 5_000;

const outSinceOf = ({ seat, breaker, place }: Stance, stillServed: boolean, now: number): number | null => {
  const since = seat.memory.outSince ?? now;
  const isNoted = stillServed && seat.action === null && now - since >= stillServedMs;
  if (place === 'out') return isNoted ? now : since;
  return breaker.state === 'half-open' ? seat.memory.outSince : null;
};

/**
 * Nothing is wrong with it. Its episode is over once its slow start is too: who falls ill in that has the same trouble still, of
 * which people may have said something; what is refused afterwards is news again.
 */
const isWell = ({ seat, breaker }: Stance): boolean =>
  seat.zone === 'green' && seat.up !== 'down' && breaker.state === 'closed' && seat.action === null && !seat.inAction;

/** A person took it back since it was given up. */
const isRestored = ({ memory: { quarantine }, restoredAt }: Seat): boolean =>
  quarantine !== null && restoredAt !== null && restoredAt >= quarantine.since;

/** Out because a person wants it out, and with requests in flight, or nobody knows how many, until its time is up. */
const isDraining = ({ seat, place }: Stance, drainMs: number, now: number): boolean =>
  place === 'out' &&
  seat.asked?.code === 'DRAINED' &&
  seat.action === null &&
  !seat.inAction &&
  seat.up !== 'down' &&
  seat.score?.inFlight !== 0 &&
  now - (seat.memory.outSince ?? now) < drainMs;

/** What an episode begins with. What a person asked for is no trouble. */
const isTrouble = ({ seat, place }: Stance): boolean => {
  if (seat.zone === 'red' || seat.up === 'down') return true;
  if (seat.asked || seat.action?.by.kind === 'human') return false;
  return place === 'out' || seat.action !== null;
};

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
