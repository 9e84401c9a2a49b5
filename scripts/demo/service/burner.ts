/** A worker thread that burns one core beside the event loop: the process's CPU time becomes critical, its answers do not. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface Burner {
  stop(): Promise<void>;
}

export const startBurner = async (): Promise<Burner> => {
  const worker = new Worker('for (;;) Math.sqrt(Math.random());', { eval: true });
  await once(worker, 'online');
  return {
    stop: async () => {
      await worker.terminate();
    },
  };
};
