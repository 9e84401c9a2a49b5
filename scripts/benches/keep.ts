/**
 * How long keeping history holds the event loop up: the store as the engine uses it, on a clock that runs ahead, each second
 * a part of the instances evaluated, then flushes and one tidying. First many instances until their chunks are sealed and
 * what the scores go on from is saved; then fewer for longer, until their minutes and hours are made and the oldest goes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { InstanceScore } from '../../engine/client/index.js';
import { HistoryStore, type HistoryLimits, type JudgedMetric } from '../../engine/store/index.js';
import type { Clock } from '../../lib/clock.js';
import { commandLine } from '../../lib/command-line.js';
import { createLog } from '../../lib/log.js';
import { Held } from './parts/held.js';
import { print, type Row } from './parts/print.js';

const usage = 'scripts/bench keep [--json] [--short] [--instances 10000] [--minutes 6] [--old 200] [--hours 3]';
const option = { type: 'string' } as const;
const values = commandLine(usage, {
  options: {
    ...{ json: { type: 'boolean' }, short: { type: 'boolean' } },
    ...{ instances: option, minutes: option, old: option, hours: option },
  },
});
const short = values.short === true;
const plan = {
  many: Number(values.instances ?? (short ? 1_000 : 10_000)),
  minutes: Number(values.minutes ?? 6),
  old: Number(values.old ?? (short ? 20 : 200)),
  hours: Number(values.hours ?? 3),
};

const hourMs = 3_600_000;
const everySeconds = 5;
const metricNames = ['cpu', 'memory', 'queue', 'latency', 'threads', 'files', 'errors', 'process_up'];
const log = createLog({ level: 'warn', name: 'bench' });

/** Begins shortly before midnight, so that a day ends too. */
class FastClock implements Clock {
  #time = Date.UTC(2030, 0, 8, 23, 30);
  readonly now = (): number => this.#time;
  readonly mono = (): number => performance.now();
  readonly sleep = (): Promise<void> => Promise.reject(new Error('nobody sleeps here'));
  forward(ms: number): void {
    this.#time += ms;
  }
}

const evaluation = (nth: number, at: number): readonly [InstanceScore, readonly JudgedMetric[]] => {
  const metrics = metricNames.map((name, i): JudgedMetric => {
    const value = i % 2 === 0 ? 0.1 * i : 0.2 + Math.random() * 0.3;
    return { name, value, penalty: i % 2 === 0 ? 0 : value / 10, status: 'judged', absence: null };
  });
  const score = 95 + Math.random() * 4;
  return [
    {
      ...{
        service: 'orders',
        instance: `orders-${nth}`,
        node: 'n1',
        address: '10.0.0.1',
        port: 8080,
        consul: 'passing',
      },
      ...{ zone: 'green', zoneSince: at, why: 'a bench', score, smoothed: score, coverage: 1, at, levels: [] },
      up: { state: 'up', since: at, why: 'answers', by: 'answer' },
      ...{ evaluation: 1, streak: { zone: 'green', count: 1, since: at }, joinedAt: null, blackout: false },
      ...{ traffic: { requests: 1, since: at }, inFlight: 0, processStartedAt: null, causes: [] },
      ...{ intervalMs: 1_000 * everySeconds, policy: 'bench' },
    },
    metrics,
  ];
};

/** What is saved for a restart, as long as the engine's: 1.3 KB an instance, every 30 s. */
const remembered = (instances: number): string => JSON.stringify('x'.repeat(1_300 * instances));

const run = async (
  what: string,
  instances: number,
  seconds: number,
  limits: HistoryLimits,
): Promise<readonly Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-bench-'));
  const clock = new FastClock();
  const store = new HistoryStore({ path: join(folder, 'history.db'), limits, clock, log });
  const [flushes, tidies] = [new Held(), new Held()];
  const body = remembered(instances);
  for (let second = 0; second < seconds; second += 1) {
    for (let nth = second % everySeconds; nth < instances; nth += everySeconds)
      store.record(...evaluation(nth, clock.now() + (nth % 1_000)));
    clock.forward(1_000);
    if (second % 30 === 0) store.rememberTexts('orders', [body]);
    // Others come first in between, as in the engine: the thread that empties SQLite's log among them.
    for (let more = true; more; await setImmediate()) more = flushes.around(() => store.flush());
    tidies.around(() => store.tidy());
  }
  store.close();
  rmSync(folder, { recursive: true });
  return [
    { what: `${what}: flush`, instances, seconds, ...flushes.row },
    { what: `${what}: tidy`, instances, seconds, ...tidies.row },
  ];
};

const roomy: HistoryLimits = { rawMs: 24 * hourMs, minuteMs: 168 * hourMs, hourMs: 2_160 * hourMs, maxBytes: 2 ** 31 };

print(
  [
    ...(await run('many', plan.many, 60 * plan.minutes, roomy)),
    ...(await run('old', plan.old, 3_600 * plan.hours, { ...roomy, rawMs: hourMs, minuteMs: 2 * hourMs })),
  ],
  values.json === true,
);
