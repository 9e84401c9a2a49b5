import type { BreakerPolicy } from '../../config/index.js';
import type { Breaker, Reason } from '../client/index.js';
import { close, trip } from './breaker.js';
import { actionReason, isOut, type Stance } from './rotation.js';
import type { Seat } from './seats.js';

/** BLIND: nobody moves; who waits to be taken in may come, at the floor. */
export const freeze = (seats: readonly Seat[], blind: string): Stance[] =>
  seats.map((seat) => {
    const base = { seat, breaker: seat.memory.breaker, rampStarts: false } as const;
    const reason: Reason = { code: 'KEPT', text: `blind: ${blind}` };
    if (wantedOut(seat) && seat.asked) return { ...base, place: 'out', reason: askedReason(seat.asked) };
    if (!seat.admitted) {
      const waits: Reason = { code: 'JOINING', text: `Consul: ${seat.entry.consul}` };
      return seat.passing
        ? { ...base, place: 'in', reason, rampStarts: true }
        : { ...base, place: 'waiting', reason: waits };
    }
    if (seat.inAction) return { ...base, place: 'out', reason: actionReason(seat) };
    return { ...base, place: seat.memory.weight > 0 ? 'in' : 'out', reason };
  });

/** PANIC: all whose process is up get equal weight; all, if none is; but none that a person took out. Breakers of those in rotation close without a ramp. */
export const panic = (seats: readonly Seat[], why: string, policy: BreakerPolicy, now: number): Stance[] => {
  const present = seats.filter((seat) => isPresent(seat));
  const someUp = present.some((seat) => seat.up === 'up');
  return seats.map((seat): Stance => {
    const { breaker } = seat.memory;
    const stance = (place: Stance['place'], reason: Reason, after: Breaker = breaker): Stance => ({
      seat,
      breaker: after,
      place,
      reason,
      rampStarts: false,
    });
    if (!isPresent(seat)) {
      if (seat.inAction) return stance('out', actionReason(seat));
      if (seat.entry.consul === 'maintenance')
        return stance('out', { code: 'CONSUL_MAINTENANCE', text: 'in maintenance in Consul' });
      if (wantedOut(seat) && seat.asked) return stance('out', askedReason(seat.asked));
      return stance('waiting', { code: 'JOINING', text: `Consul: ${seat.entry.consul}` });
    }
    if (someUp && seat.up === 'down')
      return stance('out', { code: 'DOWN', text: seat.score?.up.why ?? 'down' }, trip(breaker, policy, seat.id, now));
    if (someUp && seat.up === 'unknown')
      return stance(seat.memory.weight > 0 ? 'in' : 'out', {
        code: 'KEPT',
        text: 'nobody knows whether its process is up',
      });
    return stance('in', { code: 'EQUAL', text: `panic: ${why}` }, close(breaker, now));
  });
};

/** What a person took out stays out: maintenance is no sign of illness. */
const isPresent = (seat: Seat): boolean =>
  (seat.admitted || seat.passing) && !seat.inAction && seat.entry.consul !== 'maintenance' && !wantedOut(seat);

/** Out, and a person wants it so. One that is in stays in, whoever asks. */
const wantedOut = (seat: Seat): boolean => seat.asked?.code === 'DRAINED' && isOut(seat);

const askedReason = ({ code, text }: NonNullable<Seat['asked']>): Reason => ({ code, text });
