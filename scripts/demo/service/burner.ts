/**
 * A worker thread that burns one core beside the event loop. It is nice, so that on a small machine it takes only what
 * nobody else wants: the process's CPU time becomes critical, while its event loop and its neighbours stay well.
 */
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { Worker } from 'node:worker_threads';

/** Linux gives each thread a priority of its own; Node has no name for a thread's id, so it is the one that appeared. */
const threads = (): ReadonlySet<string> => new Set(readdirSync('/proc/self/task'));

export interface Burner {
  stop(): Promise<void>;
}

export const startBurner = async (): Promise<Burner> => {
  const before = threads();
  const source = `const { parentPort } = require('node:worker_threads'); parentPort.once('message', () => { for (;;) Math.sqrt(Math.random()); });`;
  const worker = new Worker(source, { eval: true });
  await new Promise<void>((resolve, reject) => {
    worker.once('online', resolve);
    worker.once('error', reject);
  });
  for (const thread of threads()) if (!before.has(thread)) setPriority(Number(thread), 10);
  worker.postMessage('burn');
  return {
    stop: async () => {
      await worker.terminate();
    },
  };
};
