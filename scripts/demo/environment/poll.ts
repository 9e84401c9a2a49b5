import { setTimeout as delay } from 'node:timers/promises';

/** Asks until the answer is neither null nor false, or throws what `late` says. Errors count as "not yet". */
export const until = async <T>(
  ask: () => Promise<T | null | false>,
  options: {
    readonly withinMs: number;
    readonly everyMs?: number;
    readonly signal?: AbortSignal;
    readonly late: (last: string) => string;
  },
): Promise<T> => {
  const deadline = performance.now() + options.withinMs;
  let last = '';
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const answer = await ask();
      if (answer !== null && answer !== false) return answer;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() > deadline) throw new Error(options.late(last));
    await delay(options.everyMs ?? 50);
  }
};

/** True if that URL answers with 2xx. */
export const answersWell = async (url: string): Promise<boolean> =>
  (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok;
