import type { Clock } from './clock.js';
import { toError } from './errors.js';
import type { Log } from './log.js';

export interface LoopOptions {
  readonly name: string;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Runs `step` at once and then every `everyMs`, from start to start; one that takes longer is followed by the next without
 * catching up. A step that throws is logged and never ends the loop. Resolves when the signal aborts; never rejects.
 */
export const runLoop = async (
  { name, everyMs, clock, log }: LoopOptions,
  step: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  let due = clock.mono();
  while (!signal.aborted) {
    try {
      await step(signal);
    } catch (thrown) {
      if (!signal.aborted) log.error({ loop: name, err: toError(thrown) }, 'a step failed; the loop goes on');
    }
    due = Math.max(due + everyMs, clock.mono());
    await pause(clock, due - clock.mono(), signal);
  }
};

/** Sleeps, and tells whether it slept through: false when the signal aborted. Never rejects. */
export const pause = async (clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> => {
  if (signal.aborted) return false;
  try {
    await clock.sleep(ms, signal);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
  return !signal.aborted;
};

/**
 * Exponential backoff with full jitter: anywhere between 0 and the doubled step, so that many clients that failed together
 * do not come back together. `attempt` counts from 0, `random` is in [0, 1).
 */
export const backoff = (
  { firstMs, maxMs }: { readonly firstMs: number; readonly maxMs: number },
  attempt: number,
  random: number,
): number => random * Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 52));
