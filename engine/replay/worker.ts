/** The thread that replays: the engine's own must go on scoring meanwhile. It opens the history file for itself, read only. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Replay, ReplayProgress, ReplayRefusal } from '../client/index.js';
import { BallastError, messageOf } from '../../lib/errors.js';
import { HistoryReader } from '../store/index.js';
import { prepare, replay, type ReplayQuestion } from './replay.js';

export interface WorkerQuestion extends ReplayQuestion {
  readonly path: string;
}

export type WorkerMessage =
  | { readonly kind: 'refused'; readonly refusals: readonly ReplayRefusal[]; readonly answersMs: number | null }
  | { readonly kind: 'progress'; readonly progress: ReplayProgress }
  | { readonly kind: 'result'; readonly result: Replay }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** Not more often than a person can look. */
const progressEveryMs = 100;

const tell = (message: WorkerMessage): void => parentPort?.postMessage(message);

const run = ({ path, ...question }: WorkerQuestion): void => {
  const reader = new HistoryReader(path);
  try {
    const prepared = prepare(reader, question);
    if (!prepared.ok) return tell({ kind: 'refused', refusals: prepared.refusals, answersMs: prepared.answersMs });
    tell({ kind: 'progress', progress: { done: 0, total: prepared.total, evaluations: 0 } });
    const steps = replay(reader, question, prepared);
    let told = performance.now();
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) return tell({ kind: 'result', result: step.value });
      if (performance.now() - told < progressEveryMs) continue;
      told = performance.now();
      tell({ kind: 'progress', progress: step.value });
    }
  } finally {
    reader.close();
  }
};

try {
  run(workerData as WorkerQuestion);
} catch (error) {
  tell({
    kind: 'failed',
    code: error instanceof BallastError ? error.code : 'REPLAY_FAILED',
    message: messageOf(error),
  });
}
