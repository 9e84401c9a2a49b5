import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../../lib/clock.js';

export interface Pace {
  /** Epoch milliseconds at which this clock and the wall's showed the same. */
  readonly origin: number;
  /** So many of its seconds pass in one of the wall's. */
  readonly speed: number;
}

export const timeAt = ({ origin, speed }: Pace, wall: number): number => Math.round(origin + (wall - origin) * speed);

/** A clock on which the waits of guardrails pass quickly, while Consul, NGINX and processes take the time that they take. */
export const fastClock = (pace: Pace): Clock => ({
  now: () => timeAt(pace, Date.now()),
  mono: () => performance.now() * pace.speed,
  sleep: async (ms, signal) => {
    try {
      await delay(ms / pace.speed, undefined, signal ? { signal } : {});
    } catch (thrown) {
      signal?.throwIfAborted();
      throw thrown;
    }
  },
});
