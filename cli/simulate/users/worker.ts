/** A thread that plays the days of a user's fleet that it is handed. */
import { parentPort } from 'node:worker_threads';
import { playDay, type UserTask } from './play.js';

parentPort?.on('message', (task: UserTask) => {
  parentPort?.postMessage(playDay(task));
});
