import type { BreakerPolicy } from '../../config/index.js';
import type { Breaker, Reason } from '../client/index.js';
import { seconds } from '../facts.js';
import { judgeTrial, stepBreaker, trip } from './breaker.js';
import type { Seat } from './seats.js';

/** Where one instance stands: takes traffic, takes none, or waits to be taken in; and why. */
export interface Stance {
  readonly seat: Seat;
  readonly breaker: Breaker;
  readonly place: 'in' | 'out' | 'waiting';
  readonly reason: Reason;
  /** The slow start begins now. */
  readonly rampStarts: boolean;
  /** A person wants it out, and why it stays. */
  readonly held?: Reason;
}

/** What a stance depends on besides the seat. */
export interface RotationRules {
  readonly breaker: BreakerPolicy;
  readonly desired: number;
  /** So many stay in rotation. */
  readonly minimum: number;
  /** Score under which an instance is red, for words. */
  readonly criticalScore: number;
  /** The engine is told of probations. */
  readonly marked: boolean;
  readonly now: number;
}

/** A stance before it is known who may go, and the wish to go. */
interface Draft extends Stance {
  readonly wish: Reason | null;
}

/**
 * Who takes traffic. Everybody who should leave wishes to; the worst go first, as far as the minimum lets them; the others
 * stay, at the floor. Who is out already and stays out costs nothing.
 */
export const rotate = (seats: readonly Seat[], rules: RotationRules): Stance[] => {
  const drafts = seats.map((seat) => draft(seat, rules));
  if (drafts.every((candidate) => candidate.wish === null)) return drafts;
  const leaving = chooseLeaving(drafts, rules);
  let left = drafts.filter((candidate) => candidate.place === 'in').length;
  const of = seats.length;
  const texts = new Map<Draft, string>();
  for (const candidate of leaving)
    texts.set(candidate, `available after: ${--left} of ${of} (minimum ${rules.minimum})`);
  return drafts.map((candidate) => settle(candidate, texts.get(candidate) ?? null, left, rules));
};

/** By hand instead of by spreading: this is made for every instance at every decision. */
const stand = (
  seat: Seat,
  breaker: Breaker,
  place: Stance['place'],
  reason: Reason,
  wish: Reason | null = null,
  rampStarts = false,
): Draft => ({ seat, breaker, place, reason, rampStarts, wish });

const draft = (seat: Seat, rules: RotationRules): Draft => {
  const { memory, admitted, passing } = seat;
  // A single instance is restarted in place: there is nobody to take its traffic.
  if (seat.inAction && rules.desired > 1) return stand(seat, memory.breaker, 'out', actionReason(seat));
  if (!admitted && !passing)
    return stand(seat, memory.breaker, 'waiting', { code: 'JOINING', text: `Consul: ${seat.entry.consul}` });
  // Out, and wanted out: neither time nor a sign of life takes it back.
  const { asked } = seat;
  if (asked && isOut(seat)) return stand(seat, memory.breaker, 'out', { code: asked.code, text: asked.text });
  const trial =
    memory.breaker.state === 'half-open'
      ? judgeTrial(seat.score, memory.breaker.since, rules.marked, rules.breaker, rules.now)
      : 'going-on';
  const signs = { alive: seat.up === 'up' && passing, good: isGood(seat), trial };
  const breaker = stepBreaker(memory.breaker, signs, rules.breaker, rules.now);
  if (breaker.state === 'open') return stand(seat, breaker, 'out', openReason(breaker, seat, rules.now));
  const wish = wishOf(seat, breaker, trial, rules);
  if (breaker.state === 'half-open')
    return stand(seat, breaker, 'in', probationReason(seat, breaker.since, rules), wish);
  const wasOut = memory.outSince !== null || (admitted && memory.weight === 0);
  // Out for another reason than its breaker, and that reason still holds.
  if (wasOut && memory.breaker.state === 'closed' && wish)
    return leave(stand(seat, breaker, 'out', wish, wish), wish, rules);
  return stand(seat, breaker, 'in', weightReason(seat), wish, wasOut || !admitted);
};

/** Takes no traffic as it is. */
export const isOut = ({ admitted, memory }: Seat): boolean =>
  !admitted || memory.weight === 0 || (memory.outSince !== null && memory.breaker.state !== 'half-open');

const isGood = ({ zone }: Seat): boolean => zone === 'green' || zone === 'yellow';

/** Still red by count, but its last evaluation was green: a fault that is over is no reason to go. */
const isRecovering = ({ zone, score }: Seat): boolean => zone === 'red' && score?.streak.zone === 'green';

const wishOf = (seat: Seat, breaker: Breaker, trial: string, { criticalScore }: RotationRules): Reason | null => {
  if (seat.entry.consul === 'maintenance') return { code: 'CONSUL_MAINTENANCE', text: 'in maintenance in Consul' };
  if (seat.up === 'down') return { code: 'DOWN', text: seat.score?.up.why ?? 'down' };
  const failed = breaker.state === 'half-open' && trial === 'failed';
  const red = seat.zone === 'red' && !seat.young && !isRecovering(seat);
  if (failed || (breaker.state === 'closed' && red)) {
    const score = `score ${figure(seat.score?.score)} (red is below ${criticalScore})`;
    return { code: 'RED', text: failed ? `failed its probation: ${score}` : score };
  }
  if (seat.entry.consul === 'critical') return { code: 'CONSUL_CRITICAL', text: 'Consul says critical' };
  return seat.asked && { code: seat.asked.code, text: seat.asked.text };
};

/** Worst first; as many as leave the minimum in rotation. Of two, one may go only if the other is green. */
const chooseLeaving = (drafts: readonly Draft[], { desired, minimum }: RotationRules): Draft[] => {
  const inside = drafts.filter((candidate) => candidate.place === 'in');
  const wishing = inside.filter((candidate) => candidate.wish !== null).sort(worstFirst);
  const mayGo = wishing.slice(0, Math.max(0, inside.length - minimum));
  if (desired !== 2 || mayGo.length === 0) return mayGo;
  const othersGreen = inside.every(
    (other) => other === mayGo[0] || (other.seat.zone === 'green' && other.wish === null),
  );
  return othersGreen ? mayGo.slice(0, 1) : [];
};

/** What people ask comes last: an ill one that stays in for its sake costs more. */
const severity: Readonly<Record<string, number>> = {
  ...{ CONSUL_MAINTENANCE: 0, DOWN: 1, CONSUL_CRITICAL: 2, RED: 3 },
  ...{ DRAINED: 4, IN_ACTION: 5 },
};

const worstFirst = (a: Draft, b: Draft): number =>
  (severity[a.wish?.code ?? ''] ?? 9) - (severity[b.wish?.code ?? ''] ?? 9) ||
  (a.seat.score?.score ?? 0) - (b.seat.score?.score ?? 0) ||
  (a.seat.id < b.seat.id ? -1 : 1);

const settle = (candidate: Draft, text: string | null, left: number, rules: RotationRules): Stance => {
  const { wish } = candidate;
  if (!wish || candidate.place !== 'in') return candidate;
  if (text !== null) return leave(candidate, { code: wish.code, text: `${wish.text}; ${text}` }, rules);
  const held = `${wish.text}; ${left} in rotation (minimum ${rules.minimum}${rules.desired === 2 ? ', and the other must be green' : ''})`;
  // One that is well and only wanted out keeps what it takes: the others have no room for it.
  if (wish.code === 'DRAINED' || wish.code === 'IN_ACTION')
    return { ...candidate, held: { code: 'DRAIN_HELD', text: held } };
  return { ...candidate, reason: { code: 'HELD_FLOOR', text: held } };
};

/** Red and down open the breaker; what Consul says takes out for as long as it says so, and is alone no fault. */
const leave = (candidate: Draft, reason: Reason, { breaker: policy, now }: RotationRules): Draft => {
  const { seat, breaker } = candidate;
  const itsOwnFault = reason.code === 'RED' || reason.code === 'DOWN';
  const opened =
    itsOwnFault || breaker.state === 'half-open' ? trip(breaker, policy, seat.id, now, itsOwnFault) : breaker;
  return { ...candidate, breaker: opened, place: 'out', reason, rampStarts: false };
};

const openReason = (breaker: Breaker & { state: 'open' }, seat: Seat, now: number): Reason => {
  const left = breaker.until - now;
  const wait =
    left > 0
      ? `probation in ${seconds(left)} at the earliest`
      : `waits for a sign of life (process ${seat.up}, Consul ${seat.entry.consul})`;
  return { code: seat.up === 'down' ? 'DOWN' : 'OPEN', text: `opened ${breaker.opened} times in a row; ${wait}` };
};

const probationReason = ({ score }: Seat, since: number, { breaker, now }: RotationRules): Reason => {
  const requests = score && score.traffic.since >= since ? (score.traffic.requests ?? 0) : 0;
  const good = score && score.streak.since > since && score.streak.zone === 'green' ? score.streak.count : 0;
  return {
    code: 'PROBATION',
    text: `${requests} of ${breaker.requests} requests, ${good} of ${breaker.goodScores} good scores in a row, for ${seconds(now - since)}`,
  };
};

export const actionReason = ({ action, memory }: Seat): Reason => ({
  code: 'IN_ACTION',
  text: action ? `${action.step}: ${action.phase}` : `${memory.lifecycle}; the ledger cannot be read`,
});

/** Of an instance that nothing speaks against. */
export const weightReason = (seat: Seat): Reason => {
  switch (seat.zone) {
    case 'green':
      return { code: 'FULL', text: `score ${figure(seat.score?.score)}` };
    case 'yellow':
      return { code: 'LOWERED', text: `score ${figure(seat.score?.score)}, smoothed ${figure(seat.score?.smoothed)}` };
    case 'red':
      if (isRecovering(seat))
        return { code: 'KEPT', text: `score ${figure(seat.score?.score)}: red by count, green just now` };
      return { code: 'WARM_UP', text: `score ${figure(seat.score?.score)}, too young to judge: floor weight` };
    case 'unknown':
      return { code: 'KEPT', text: seat.score?.why ?? 'no fresh score' };
  }
};

export const figure = (score: number | null | undefined): string =>
  score === null || score === undefined ? 'unknown' : String(Math.round(score * 10) / 10);
