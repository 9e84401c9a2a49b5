/**
 * How fast the past is answered: a history file of 1,000 instances and seven days, written by the store's own code on a clock
 * that runs ahead (an evaluation each 5 s of the instances that are asked about, less often of the others), then asked over
 * HTTP as an engine would be.
 * The file is kept in .cache/ and used again. Besides, how long the store holds the event loop up while it writes and tidies.
 */
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import * as defaults from '../../config/defaults.js';
import { loadPresets, loadService } from '../../config/load.js';
import { addRoutes, Board, EngineMetrics } from '../../engine/api/index.js';
import type { InstanceScore } from '../../engine/client/index.js';
import { createPast } from '../../engine/past/index.js';
import { HistoryStore, type JudgedMetric } from '../../engine/store/index.js';
import type { Clock } from '../../lib/clock.js';
import { commandLine } from '../../lib/command-line.js';
import { createApp, listen } from '../../lib/http/server.js';
import { createLog } from '../../lib/log.js';
import { packageRoot } from '../../lib/paths.js';
import { print, type Row } from './parts/print.js';

const usage = 'scripts/bench history [--json] [--short] [--instances 1000] [--days 7] [--dense 100] [--asks 200]';

const option = { type: 'string' } as const;
const values = commandLine(usage, {
  options: {
    ...{ json: { type: 'boolean' }, short: { type: 'boolean' } },
    ...{ instances: option, days: option, dense: option, asks: option },
  },
});
const short = values.short === true;
const plan = {
  instances: Number(values.instances ?? (short ? 50 : 1_000)),
  days: Number(values.days ?? (short ? 2 : 7)),
  dense: Number(values.dense ?? (short ? 10 : 100)),
  asks: Number(values.asks ?? (short ? 50 : 200)),
};

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** On the last day the first `dense` instances, of which is asked, are evaluated so often; the others each minute. */
const everyMs = 5_000;
/** Before that all are. The rows of the file are as many as if all were evaluated always. */
const beforeMs = 5 * minute;
const endsAt = Date.UTC(2030, 0, 8, 9, 17);
const names = Array.from({ length: plan.instances }, (_, i) => `orders-${i}`);
const { value: policy } = loadService('orders.yaml', 'service: orders\npreset: node\n', loadPresets(), { env: {} });
if (policy === null) throw new Error('the preset cannot be loaded');
const { hash } = policy;
const metricNames = policy.metrics.map(({ name }) => name);
const log = createLog({ level: 'warn', name: 'bench' });
const say = (text: string): void => void process.stderr.write(`  .. ${text}\n`);

class FastClock implements Clock {
  constructor(private time: number) {}
  readonly now = (): number => this.time;
  readonly mono = (): number => performance.now();
  readonly sleep = (): Promise<void> => Promise.reject(new Error('nobody sleeps here'));
  forward(ms: number): void {
    this.time += ms;
  }
}

/** Half of the metrics are noisy, half stand still, as in life; now and then an instance is ill for a while. */
const evaluation = (instance: string, nth: number, at: number): readonly [InstanceScore, readonly JudgedMetric[]] => {
  const ill = (Math.floor(at / hour) + nth) % 97 === 0;
  const metrics = metricNames.map((name, i): JudgedMetric => {
    const value = i % 2 === 0 ? 0.1 * i : 0.2 + Math.random() * 0.3;
    return { name, value, penalty: ill && i === 1 ? 1 : i % 2 === 0 ? 0 : value / 10, status: 'judged', absence: null };
  });
  const score = ill ? 20 : 95 + Math.random() * 4;
  const level = { weighted: score, score, ceiling: null, coverage: 1 };
  return [
    {
      ...{ service: 'orders', instance, node: 'n1', address: '10.0.0.1', port: 8080, consul: 'passing' },
      ...{ zone: ill ? 'red' : 'green', zoneSince: at, why: 'a bench', score, smoothed: score, coverage: 1, at },
      levels: [
        { level: 'app', ...level },
        { level: 'system', ...level },
      ],
      up: { state: 'up', since: at, why: 'answers', by: 'answer' },
      ...{ evaluation: 1, streak: { zone: 'green', count: 1, since: at }, joinedAt: null, blackout: false },
      ...{ traffic: { requests: 1, since: at }, inFlight: 0, processStartedAt: null, causes: [] },
      ...{ intervalMs: everyMs, policy: hash },
    },
    metrics,
  ];
};

const limits = { ...defaults.engine.history, maxBytes: 16 * 2 ** 30 };
const openStore = (path: string, clock: Clock): HistoryStore => new HistoryStore({ path, limits, clock, log });

/** Writes the file, and measures how long each write and each tidying held the process up. */
const build = (path: string): Row => {
  const clock = new FastClock(endsAt - plan.days * day);
  const store = openStore(path, clock);
  store.recordPolicy(hash, policy);
  const started = process.cpuUsage();
  let points = 0;
  const flushes: number[] = [];
  const tidies: number[] = [];
  const timed = (into: number[], work: () => unknown): unknown => {
    const from = process.cpuUsage();
    const result = work();
    const { user, system } = process.cpuUsage(from);
    into.push((user + system) / 1_000);
    return result;
  };
  while (clock.now() < endsAt) {
    const step = clock.now() < endsAt - 1.1 * day ? beforeMs : everyMs;
    const due = clock.now() % minute === 0 ? names : names.slice(0, plan.dense);
    due.forEach((name, nth) => store.record(...evaluation(name, nth, clock.now() + (nth * step) / names.length)));
    points += due.length;
    clock.forward(step);
    if (clock.now() % minute !== 0) continue;
    while (timed(flushes, () => store.flush()) === true);
    for (let i = 0; i < 12; i += 1) timed(tidies, () => store.tidy());
    if (clock.now() % (12 * hour) === 0) say(`${new Date(clock.now()).toISOString()}: ${points} evaluations kept`);
  }
  store.close();
  const { user, system } = process.cpuUsage(started);
  const most = (times: readonly number[]): number => Number(Math.max(...times).toFixed(1));
  const microseconds = (user + system) / points;
  return {
    what: 'write',
    evaluations: points,
    cpuMicrosecondsEach: Number(microseconds.toFixed(1)),
    longestFlushCpuMs: most(flushes),
    longestTidyCpuMs: most(tidies),
  };
};

const quantile = (sorted: readonly number[], share: number): number =>
  Number((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN).toFixed(1));

const any = z.looseObject({});
const iso = (ms: number): string => new Date(ms).toISOString();
const pick = (from: number, to: number): string => iso(from + Math.random() * (to - from));

/** What is asked, and about when. */
const questions: readonly (readonly [what: string, query: () => string])[] = [
  ['history, last hour', () => 'history'],
  ['history, last day', () => 'history?start=-24h'],
  ['history, 6 hours, every 15 s', () => 'history?start=-6h&step=15s'],
  ['history, 7 days', () => `history?start=-${plan.days}d`],
  ['history, 7 days, by 10 minutes', () => `history?start=-${plan.days}d&step=10m`],
  ['history, 7 days, all metrics', () => `history?start=-${plan.days}d&metrics=*`],
  ['history, 2 days by 10 min, all metrics', () => 'history?start=-2d&step=10m&metrics=*'],
  ['history, last hour, all metrics', () => 'history?metrics=*'],
  ['explain at, of the last day', () => `explain?at=${pick(endsAt - 0.9 * day, endsAt)}`],
  [
    'explain at, older: by the minute',
    () => `explain?at=${pick(endsAt - (plan.days - 0.5) * day, endsAt - 1.2 * day)}`,
  ],
];

const ask = async (path: string): Promise<readonly Row[]> => {
  const clock = new FastClock(endsAt);
  const store = openStore(path, clock);
  const board = new Board([{ service: 'orders', owner: null }], clock);
  board.publish(
    'orders',
    names.map((name, nth) => evaluation(name, nth, endsAt)[0]),
  );
  const metrics = new EngineMetrics({
    board,
    scraper: () => ({ targets: 0, running: 0, skipped: 0 }),
    store: () => store.counts,
  });
  const present = (_: string, name: string): InstanceScore | null =>
    board.service('orders')?.rows.get(name)?.score ?? null;
  const past = createPast({ store, clock, policyOf: () => policy, present });
  const app = createApp({
    ...{ log, name: 'bench', version: '0', tokens: [], metrics: metrics.registry },
    ready: () => ({ ready: true, why: '' }),
    routes: (to) => addRoutes(to, { board, clock, explain: () => null, past }),
  });
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  const rows: Row[] = [];
  for (const [what, query] of questions) {
    const times: number[] = [];
    let bytes = 0;
    const cpu = process.cpuUsage();
    for (let i = 0; i < plan.asks; i += 1) {
      const name = names[Math.floor(Math.random() * plan.dense)] ?? '';
      const from = performance.now();
      const answer = await fetch(`${server.url}/v1/scores/orders/${name}/${query()}`);
      const text = await answer.text();
      times.push(performance.now() - from);
      if (!answer.ok) throw new Error(text);
      any.parse(JSON.parse(text));
      bytes = text.length;
    }
    const { user, system } = process.cpuUsage(cpu);
    const cpuMs = Number(((user + system) / 1_000 / plan.asks).toFixed(1));
    const sorted = times.sort((a, b) => a - b);
    rows.push({
      what,
      asks: plan.asks,
      medianMs: quantile(sorted, 0.5),
      p99Ms: quantile(sorted, 0.99),
      maxMs: quantile(sorted, 1),
      cpuMs,
      kilobytes: Math.round(bytes / 1024),
    });
    say(`${what}: done`);
  }
  await server.close();
  store.close();
  return rows;
};

const folder = join(packageRoot, '.cache', 'bench-history');
const path = join(folder, `${plan.instances}x${plan.days}d.db`);
mkdirSync(folder, { recursive: true });
const written: Row[] = [];
if (!existsSync(path)) {
  const unfinished = `${path}.unfinished`;
  for (const suffix of ['', '-wal', '-shm']) rmSync(unfinished + suffix, { force: true });
  say(`writing ${path}; this takes a while, once`);
  written.push(build(unfinished));
  renameSync(unfinished, path);
}
const file: Row = {
  what: 'file',
  instances: plan.instances,
  days: plan.days,
  metrics: metricNames.length,
  megabytes: Math.round(statSync(path).size / 2 ** 20),
};
const answers = await ask(path);
if (values.json === true) print([file, ...written, ...answers], true);
else for (const rows of [[file], written, answers]) if (rows.length > 0) print(rows, false);
