import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../lib/errors.js';

export interface EventuallyOptions {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/**
 * Asks again and again until `fn` neither throws nor answers false, and returns its answer; fails with its last word when
 * the time is up. For tests against real parts only: what runs on a clock of its own is advanced, not awaited.
 */
export const eventually = async <T>(
  fn: () => T | Promise<T>,
  { timeoutMs = 5_000, everyMs = 20 }: EventuallyOptions = {},
): Promise<Exclude<T, false>> => {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let last: string;
    try {
      const answer = await fn();
      if (answer !== false) return answer as Exclude<T, false>;
      last = 'it was false';
    } catch (thrown) {
      last = messageOf(thrown);
    }
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${last}`);
    await delay(everyMs);
  }
};
