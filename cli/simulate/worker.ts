/** A thread that simulates the days it is handed. */
import { parentPort } from 'node:worker_threads';
import { play } from './play.js';
import type { Task } from './run.js';

parentPort?.on('message', (task: Task) => {
  parentPort?.postMessage(play(task));
});
