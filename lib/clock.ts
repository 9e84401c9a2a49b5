import { setTimeout as delay } from 'node:timers/promises';

/**
 * The only source of time. Pure code takes `now` as an argument; edges take a Clock, so that tests run on a virtual one
 * (`test/fakes/clock.ts`).
 */
export interface Clock {
  /** Milliseconds since the epoch. Compared across machines and restarts; may jump. */
  now(): number;
  /** Milliseconds on a clock that never jumps. For durations and deadlines within this process. */
  mono(): number;
  /** Resolves after `ms`, or rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  mono: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (thrown) {
      signal?.throwIfAborted(); // the timer's own error only says that it was aborted, not why
      throw thrown;
    }
  },
};
