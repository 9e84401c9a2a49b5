/** A thread that plays the trials it is handed. */
import { parentPort } from 'node:worker_threads';
import { play, type Trial } from './trial.js';

parentPort?.on('message', (trial: Trial) => {
  parentPort?.postMessage({ trial, result: play(trial) });
});
