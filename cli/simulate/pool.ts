/** Tasks over the cores that there are: each worker takes one after the other until none is left. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

const work = <Task, Result>(script: URL, next: () => Task | null, take: (result: Result) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(script);
    const go = (): void => {
      const task = next();
      if (task !== null) worker.postMessage(task);
      else void worker.terminate().then(() => resolve());
    };
    worker.on('message', (result: Result) => {
      take(result);
      go();
    });
    worker.on('error', reject);
    go();
  });

/** Results as they come. `enough`: no further task is begun once it says so. */
export const overCores = async <Task, Result>(
  script: URL,
  tasks: readonly Task[],
  onResult: (result: Result, done: number) => void = () => undefined,
  enough: (result: Result) => boolean = () => false,
): Promise<readonly Result[]> => {
  const results: Result[] = [];
  let begun = 0;
  let isOver = false;
  const next = (): Task | null => (isOver ? null : (tasks[begun++] ?? null));
  const take = (result: Result): void => {
    results.push(result);
    isOver ||= enough(result);
    onResult(result, results.length);
  };
  const lanes = Math.min(availableParallelism(), tasks.length);
  await Promise.all(Array.from({ length: lanes }, () => work(script, next, take)));
  return results;
};
