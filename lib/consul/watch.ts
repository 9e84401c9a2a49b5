import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import { backoff, pause } from '../loop.js';

/**
 * The etiquette of Consul's blocking queries, as a pure step.
 * - An index that did not move: the wait was over, go on. One that fell: the state behind it is another one (restart,
 *   restore, a server that lags): start over from 0, and believe the answer to that. One under 1 never blocks: take 1.
 * - An answer with the same content is no event, except as the first one after an error.
 * - An error says nothing about the content: what was last received stays. Ask again, for ever, ever more slowly, and then
 *   from 0, so that the answer comes at once.
 */
export interface WatchMemory {
  /** What to ask with. */
  readonly index: number;
  /** Digest of what was last reported; null: nothing received yet, which is not the same as empty. */
  readonly content: string | null;
  /** Failures in a row. */
  readonly failures: number;
  /** The last stale answer was too old: the leader itself has to say. */
  readonly insist: boolean;
}

export type WatchAnswer =
  | { readonly kind: 'answer'; readonly index: number; readonly content: string; readonly lastContactMs: number }
  | { readonly kind: 'failure'; readonly why: string };

export interface WatchStep {
  readonly memory: WatchMemory;
  readonly report:
    { readonly kind: 'value' } | { readonly kind: 'error'; readonly why: string } | { readonly kind: 'nothing' };
  /** Before the next question. */
  readonly pauseMs: number;
}

export const newWatch: WatchMemory = { index: 0, content: null, failures: 0, insist: false };

/** Consul adds up to a sixteenth to a wait. */
export const waitMs = 60_000;
/** A service that changes all the time is asked about ten times a second at most. */
const floorMs = 100;
const retry = { firstMs: 250, maxMs: 60_000 };

const fail = (memory: WatchMemory, why: string, insist: boolean, random: number): WatchStep => ({
  memory: { ...memory, index: 0, failures: memory.failures + 1, insist },
  report: { kind: 'error', why },
  pauseMs: backoff(retry, memory.failures, random),
});

/** `maxStaleMs` null: the question was not a stale one, its age needs no bound. */
export const stepWatch = (
  memory: WatchMemory,
  answer: WatchAnswer,
  maxStaleMs: number | null,
  random: number,
): WatchStep => {
  if (answer.kind === 'failure') return fail(memory, answer.why, memory.insist, random);
  if (maxStaleMs !== null && !memory.insist && answer.lastContactMs > maxStaleMs)
    return fail(
      memory,
      `the server last heard of a leader ${answer.lastContactMs} ms ago (limit ${maxStaleMs} ms)`,
      true,
      random,
    );
  const pauseMs = floorMs * (0.5 + random / 2);
  const index = Math.max(1, answer.index);
  if (index < memory.index) return { memory: { ...memory, index: 0 }, report: { kind: 'nothing' }, pauseMs };
  const told = memory.failures === 0 && answer.content === memory.content;
  return {
    memory: { index, content: answer.content, failures: 0, insist: false },
    report: { kind: told ? 'nothing' : 'value' },
    pauseMs,
  };
};

export type WatchEvent<T> =
  | { readonly kind: 'value'; readonly value: T; readonly index: number; readonly at: number }
  | { readonly kind: 'error'; readonly why: string; readonly at: number };

export interface WatchQuestion {
  readonly index: number;
  readonly waitMs: number;
  readonly stale: boolean;
}

/** An answer that was read, and what it is compared with the next one by. */
export interface Heard<T> {
  readonly value: T;
  readonly content: string;
}

export interface WatchReply<T> {
  /** Reads the answer; rejects if it is not one. */
  readonly read: () => Promise<Heard<T>>;
  /** Instead, where it is surely the same as before: throws if it cannot be one, as far as that can be told for nothing. */
  readonly glance: () => void;
  readonly index: number;
  readonly lastContactMs: number;
}

export interface WatchOptions<T> {
  readonly ask: (question: WatchQuestion, signal: AbortSignal) => Promise<WatchReply<T>>;
  /** Null: always ask the leader. */
  readonly maxStaleMs: number | null;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * What was reported last, where the answer to the next question is surely the same: the wait was over without a change. A
 * service of 10,000 instances would be read and compared in vain each minute, which holds everything up for 90 ms.
 */
const contentAt = (memory: WatchMemory, index: number): string | null =>
  memory.failures === 0 && memory.index > 1 && index === memory.index ? memory.content : null;

/** Asks for ever and reports what {@link stepWatch} says. Resolves when the signal aborts; `onEvent` must not throw. */
export const runWatch = async <T>(
  { ask, maxStaleMs, clock, random }: WatchOptions<T>,
  signal: AbortSignal,
  onEvent: (event: WatchEvent<T>) => void,
): Promise<void> => {
  let memory = newWatch;
  while (!signal.aborted) {
    let heard: { readonly value: T; readonly index: number } | null = null;
    let answer: WatchAnswer;
    try {
      const { read, glance, index, lastContactMs } = await ask(
        { index: memory.index, waitMs, stale: maxStaleMs !== null && !memory.insist },
        signal,
      );
      let content = contentAt(memory, index);
      if (content === null) {
        const { value, content: now } = await read();
        [heard, content] = [{ value, index }, now];
      } else glance();
      answer = { kind: 'answer', content, index, lastContactMs };
    } catch (thrown) {
      answer = { kind: 'failure', why: messageOf(thrown) };
    }
    // It may have ended while a long answer was read.
    if (signal.aborted) return;
    const step = stepWatch(memory, answer, maxStaleMs, random());
    memory = step.memory;
    if (step.report.kind === 'error') onEvent({ kind: 'error', why: step.report.why, at: clock.now() });
    if (step.report.kind === 'value' && heard) onEvent({ kind: 'value', ...heard, at: clock.now() });
    await pause(clock, step.pauseMs, signal);
  }
};
