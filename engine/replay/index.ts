/** Replays in a thread of their own: started, watched, and stopped when nobody waits any more. */
import { Worker } from 'node:worker_threads';
import { BallastError, toError } from '../../lib/errors.js';
import { formatDuration } from '../../config/units.js';
import type { Replay, ReplayProgress, ReplayRefusal } from '../client/index.js';
import type { WorkerMessage, WorkerQuestion } from './worker.js';

export type { ReplayQuestion } from './replay.js';

const refusedBy = (refusals: readonly ReplayRefusal[], answersMs: number | null): BallastError =>
  new BallastError(
    'REPLAY_REFUSED',
    `history cannot answer: ${refusals.map(({ metric, why }) => (metric === '*' ? why : `${metric} ${why}`)).join('; ')}`,
    {
      status: 422,
      hint:
        answersMs === null
          ? 'thresholds, weights, caps, curves, zones and dampers can be tried on history; queries and pages only from now on'
          : `it was otherwise before; the last ${formatDuration(answersMs)} can be replayed`,
    },
  );

/** As many at once as leave the machine to what it is for. */
const atOnce = 1;

export class Replays {
  #running = 0;

  /**
   * Resolves to the result. Rejects with a BallastError: `REPLAY_REFUSED` (422) where history cannot answer, `REPLAY_BUSY`
   * (429) while another one runs, or what the file has; with the signal's reason where nobody waits any more.
   */
  async run(
    question: WorkerQuestion,
    onProgress: (progress: ReplayProgress) => void,
    signal: AbortSignal,
  ): Promise<Replay> {
    if (this.#running >= atOnce)
      throw new BallastError('REPLAY_BUSY', 'another replay is running', {
        status: 429,
        hint: 'try again when it is over',
      });
    this.#running += 1;
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: question });
    try {
      return await answerOf(worker, onProgress, signal);
    } finally {
      await worker.terminate();
      this.#running -= 1;
    }
  }
}

const answerOf = (
  worker: Worker,
  onProgress: (progress: ReplayProgress) => void,
  signal: AbortSignal,
): Promise<Replay> =>
  new Promise((resolve, reject) => {
    const leave = (): void => reject(toError(signal.reason));
    if (signal.aborted) return leave();
    signal.addEventListener('abort', leave, { once: true });
    worker.once('error', reject);
    worker.once('exit', () =>
      reject(new BallastError('REPLAY_FAILED', 'the replay ended without a result', { status: 500 })),
    );
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'progress') return onProgress(message.progress);
      if (message.kind === 'result') return resolve(message.result);
      if (message.kind === 'refused') return reject(refusedBy(message.refusals, message.answersMs));
      reject(new BallastError(message.code, message.message, { status: 500 }));
    });
  });
