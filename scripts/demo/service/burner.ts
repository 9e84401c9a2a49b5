/** Worker threads that burn CPU beside the event loop: the process's CPU time becomes critical, its answers do not. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Two, so that one core's worth is burnt on a machine that is busy with other things too. */
const threads = 2;

export interface Burner {
  stop(): Promise<void>;
}

export const startBurner = async (): Promise<Burner> => {
  const workers = Array.from(
    { length: threads },
    () => new Worker('for (;;) Math.sqrt(Math.random());', { eval: true }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'online')));
  return {
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
};
