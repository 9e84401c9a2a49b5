/**
 * What one scoring pass costs: the engine's own evaluator, windows, board and history, with 10,000 instances of eight
 * metrics whose windows are full, all due at once. CPU is the process's, with garbage collection; a slice is what runs
 * without letting anything else run. The whole engine's longest pause is what `scripts/bench hold` shows.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setImmediate as othersFirst } from 'node:timers/promises';
import type { InstanceId } from '../../config/index.js';
import { engine as defaults } from '../../config/defaults.js';
import { loadService } from '../../config/load.js';
import { Board, EngineMetrics } from '../../engine/api/index.js';
import { compileService, createFilters, SeriesStore, type CompiledService } from '../../engine/derive/index.js';
import { Evaluator } from '../../engine/evaluator.js';
import type { Instance, Target } from '../../engine/model.js';
import { targetsOf } from '../../engine/registry/index.js';
import { parseText } from '../../engine/scrape/index.js';
import { HistoryStore } from '../../engine/store/index.js';
import { systemClock, type Clock } from '../../lib/clock.js';
import { commandLine } from '../../lib/command-line.js';
import { makeAllYoung } from '../../lib/heap.js';
import { createLog } from '../../lib/log.js';
import { serviceFile } from './parts/ballast.js';
import { pageText } from './parts/page.js';
import { print } from './parts/print.js';
import { say } from './parts/stage.js';

const usage = 'scripts/bench score [--json] [--short] [--instances 10000] [--passes 5]';
const values = commandLine(usage, {
  options: {
    ...{ json: { type: 'boolean' }, short: { type: 'boolean' } },
    ...{ instances: { type: 'string' }, passes: { type: 'string' } },
  },
});

const intervalMs = 5_000;
/** Intervals until every window is full. */
const rows = 14;
const kinds = 16;

/** Time goes on by intervals, so that a minute of windows is full in seconds. */
class SteppedClock implements Clock {
  #elapsed = 0;

  readonly now = (): number => 1_700_000_000_000 + this.#elapsed;
  readonly mono = (): number => this.#elapsed;
  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> => systemClock.sleep(ms, signal);

  step(ms: number): void {
    this.#elapsed += ms;
  }
}

const compiledFile = (): CompiledService => {
  const { value, problems } = loadService('bench.yaml', serviceFile('5s'), new Map(), { env: {} });
  if (value === null) throw new Error(JSON.stringify(problems));
  return compileService(value);
};

const instanceAt = (compiled: CompiledService, index: number): Instance => ({
  id: `bench-${index}` as InstanceId,
  service: compiled.policy.service,
  node: { name: `node-${index % 100}`, address: '10.0.0.1' },
  address: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
  port: 9_100,
  tags: [],
  meta: {},
  consul: 'passing',
  checks: [],
  datacenter: 'dc1',
  consulWhy: '',
  joinedAt: null,
});

const assemble = (folder: string, clock: Clock, compiled: CompiledService) => {
  const log = createLog({ level: 'warn', name: 'bench' });
  const store = new HistoryStore({ path: join(folder, 'history.db'), limits: defaults.history, clock, log });
  const board = new Board([compiled.policy], clock);
  const none = { targets: 0, running: 0, finished: 0, skipped: 0 };
  const metrics = new EngineMetrics({ board, scraper: () => none, store: () => store.counts });
  const series = new SeriesStore();
  const evaluator = new Evaluator({
    services: [compiled],
    series,
    board,
    store,
    metrics,
    mark: () => null,
    clock,
    log,
  });
  return { evaluator, store };
};

interface Pass {
  readonly cpuMs: number;
  readonly longestSliceMs: number;
}

const passOf = async (evaluator: Evaluator): Promise<Pass> => {
  const before = process.cpuUsage();
  let longestSliceMs = 0;
  for (let more = true; more; await othersFirst()) {
    const begun = performance.now();
    more = evaluator.evaluateSome();
    longestSliceMs = Math.max(longestSliceMs, performance.now() - begun);
  }
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1_000, longestSliceMs };
};

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;

const bench = async (folder: string): Promise<void> => {
  makeAllYoung();
  const instances = Number(values.instances ?? (values.short === true ? 2_000 : 10_000));
  const passes = Number(values.passes ?? 5);
  const compiled = compiledFile();
  const clock = new SteppedClock();
  const { evaluator, store } = assemble(folder, clock, compiled);
  const all = Array.from({ length: instances }, (_, index) => instanceAt(compiled, index));
  const known = new Map(all.map((instance) => [instance.id, instance]));
  evaluator.discovered(compiled.policy.service, { state: 'live', why: '', at: clock.now(), instances: known });
  const { targets } = targetsOf(evaluator.services);
  const filterFor = createFilters([compiled]);
  const scrapeAll = (): void => {
    const second = Math.floor(clock.mono() / 1_000) + 1_000;
    const pages = Array.from({ length: kinds }, (_, kind) => Buffer.from(pageText(kind, second, 4_096)));
    targets.forEach((target: Target, index) => {
      const page = parseText(pages[index % kinds] ?? '', filterFor(target));
      if (!page.ok) throw new Error(page.why);
      const outcome = { kind: 'page', samples: page.samples, warnings: page.warnings } as const;
      evaluator.scraped(target, { target: target.key, startedAt: clock.now(), durationMs: 1, outcome });
    });
  };
  const measured: Pass[] = [];
  for (let round = 0; round < rows + passes; round++) {
    clock.step(intervalMs);
    scrapeAll();
    const pass = await passOf(evaluator);
    if (round >= rows) measured.push(pass);
    say(`pass ${round + 1}: ${pass.cpuMs.toFixed(0)} ms of CPU, longest slice ${pass.longestSliceMs.toFixed(1)} ms`);
    while (store.flush()) await othersFirst();
  }
  const rounded = (value: number): number => Math.round(value * 10) / 10;
  const row = {
    ...{ instances, metrics: compiled.metrics.length, cpuMs: rounded(median(measured.map(({ cpuMs }) => cpuMs))) },
    longestSliceMs: rounded(Math.max(...measured.map((pass) => pass.longestSliceMs))),
  };
  print([row], values.json === true);
  store.close();
};

const folder = await mkdtemp(join(tmpdir(), 'ballast-bench-'));
try {
  await bench(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
