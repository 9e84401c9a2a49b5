/** Worker threads that burn CPU beside the event loop: the process's CPU time becomes critical, its answers do not. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Cores' worth to burn: clearly over the critical threshold, and little enough to leave the machine usable. */
const cores = 1.2;
/** Many, since on a busy machine each thread gets but a share; each burns only as much as is missing. */
const threads = 6;
const adjustEveryMs = 100;

/** Burns in slices of 10 ms, for the thousandths of the time that the shared number says. */
const slices = `
const { workerData } = require('node:worker_threads');
const share = new Int32Array(workerData);
for (;;) {
  const burnMs = Atomics.load(share, 0) / 100;
  const until = performance.now() + burnMs;
  while (performance.now() < until) Math.sqrt(Math.random());
  if (burnMs < 10) Atomics.wait(share, 1, 0, 10 - burnMs);
}`;

/** The next share of its time for which each thread burns, given what the whole process used: a plain integral controller. */
export const nextShare = (share: number, used: number): number =>
  Math.min(1, Math.max(0, share + (0.3 * (cores - used)) / threads));

export interface Burner {
  stop(): Promise<void>;
}

export const startBurner = async (): Promise<Burner> => {
  const memory = new SharedArrayBuffer(8);
  const shared = new Int32Array(memory);
  const workers = Array.from({ length: threads }, () => new Worker(slices, { eval: true, workerData: memory }));
  await Promise.all(workers.map((worker) => once(worker, 'online')));
  let share = cores / threads;
  let cpu = process.cpuUsage();
  let at = performance.now();
  const adjusting = setInterval(() => {
    const { user, system } = process.cpuUsage(cpu);
    const now = performance.now();
    share = nextShare(share, (user + system) / 1_000 / (now - at));
    Atomics.store(shared, 0, Math.round(share * 1_000));
    cpu = process.cpuUsage();
    at = now;
  }, adjustEveryMs);
  return {
    stop: async () => {
      clearInterval(adjusting);
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
};
