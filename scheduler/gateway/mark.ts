/** The mark: a small server of our own inside NGINX that says which revision the worker serves that answers. */
import { request } from 'node:http';
import type { Clock } from '../../lib/clock.js';

export const markPath = '/ballast/plan';
export const revisionPattern = /^[0-9a-f]{12}$/;

export interface MarkAddress {
  readonly host: string;
  readonly port: number;
}

/** An answer on the loopback takes a millisecond; one that takes longer than this is none. */
const answerMs = 1_000;
/** New connections in a row that must agree: while old workers let go of the port, some still reach them. */
const agreeing = 5;
const pauseMs = 10;

/** Asks over a new connection; null: nobody answers, or it is not our mark. Never rejects. */
export const readMark = ({ host, port }: MarkAddress, signal: AbortSignal): Promise<string | null> =>
  new Promise((resolve) => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
    const ask = request(
      { host, port, path: markPath, agent: false, headers: { connection: 'close' }, signal: limit },
      (answer) => {
        const plan = answer.headers['x-ballast-plan'];
        answer.resume();
        resolve(answer.statusCode === 200 && typeof plan === 'string' && revisionPattern.test(plan) ? plan : null);
      },
    );
    ask.on('error', () => resolve(null));
    ask.on('close', () => resolve(null));
    ask.end();
  });

/**
 * Watches new connections until several in a row reach workers that serve `revision`, or the time is up. Counts them only
 * from when `ready` says so: the old workers take connections for 100 ms beside the new ones.
 * Answers what was seen last, for the sentence about it.
 */
export const proveRevision = async (
  mark: MarkAddress,
  revision: string,
  ready: () => Promise<boolean>,
  { timeoutMs, clock, signal }: { timeoutMs: number; clock: Clock; signal: AbortSignal },
): Promise<{ proven: boolean; seen: string | null }> => {
  const deadline = clock.mono() + timeoutMs;
  let inARow = 0;
  for (;;) {
    const counts = await ready();
    const seen = await readMark(mark, signal);
    inARow = counts && seen === revision ? inARow + 1 : 0;
    if (inARow === agreeing) return { proven: true, seen };
    if (clock.mono() >= deadline || signal.aborted) return { proven: false, seen };
    if (inARow === 0) await clock.sleep(pauseMs, signal).catch(() => undefined);
  }
};
