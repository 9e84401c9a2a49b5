/**
 * What a scrape costs: the whole engine against the whole of Debian's Prometheus, on the same targets, in turns.
 * CPU is user and system time of the process by /proc, over a window after the warm-up, per 1,000 pages that the targets
 * served in it.
 */
import { parseDuration } from '../../config/units.js';
import { commandLine } from '../../lib/command-line.js';
import { startBallast } from './parts/ballast.js';
import { print, type Row } from './parts/print.js';
import type { Program } from './parts/program.js';
import { startPrometheus } from './parts/prometheus.js';
import { onStage, say, type FleetHandle, type Stage } from './parts/stage.js';

const usage = `scripts/bench scrape [--json] [--short] [--targets 1000] [--interval 1s] [--pages 4,20] [--rounds 3]
  [--warmup 60s] [--window 60s] [--only ballast|prometheus] [--profile DIR]`;

const option = { type: 'string' } as const;
const values = commandLine(usage, {
  options: {
    ...{ json: { type: 'boolean' }, short: { type: 'boolean' } },
    ...{ targets: option, interval: option, pages: option, rounds: option, warmup: option, window: option },
    ...{ only: option, profile: option },
  },
});

const short = values.short === true;
const interval = values.interval ?? '1s';
const plan = {
  targets: Number(values.targets ?? 1_000),
  interval,
  intervalMs: parseDuration(interval) ?? 1_000,
  pages: (values.pages ?? '4,20').split(',').map(Number),
  rounds: Number(values.rounds ?? (short ? 1 : 3)),
  warmupMs: parseDuration(values.warmup ?? (short ? '20s' : '60s')) ?? 0,
  windowMs: parseDuration(values.window ?? (short ? '15s' : '60s')) ?? 0,
  only: values.only,
  profile: values.profile,
};

interface Measured {
  readonly cpuPer1000: number;
  readonly late: number;
}

const measure = async (stage: Stage, fleet: FleetHandle, program: Program): Promise<Measured> => {
  await fleet.reached(program, plan.intervalMs, stage.signal);
  await stage.wait(plan.warmupMs);
  await fleet.tell({ kind: 'reset', intervalMs: plan.intervalMs });
  const before = program.cpuSeconds();
  await stage.wait(plan.windowMs);
  const cpu = program.cpuSeconds() - before;
  const { served, late } = await fleet.tell({ kind: 'count' });
  // A scrape that was never begun is not among those that came late.
  const due = (plan.windowMs / plan.intervalMs) * plan.targets;
  await program.stop();
  return { cpuPer1000: (1_000 * cpu) / served, late: Math.max(late, Math.floor(0.999 * due) - served, 0) };
};

const starts = {
  ballast: (stage: Stage, fleet: FleetHandle) => {
    const nodeOptions = plan.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${plan.profile}`];
    return startBallast({ stage, fleet, interval, nodeOptions });
  },
  prometheus: (stage: Stage, fleet: FleetHandle) => startPrometheus(stage, fleet, interval),
} as const;

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
const rounded = (value: number): number | null => (Number.isFinite(value) ? Math.round(value * 10_000) / 10_000 : null);

const bench = async (stage: Stage): Promise<void> => {
  const { targets, intervalMs, pages, rounds } = plan;
  const rows: Row[] = [];
  const fleet = await stage.startFleet({ targets, intervalMs, bytes: 1_024 * (pages[0] ?? 4) });
  for (const page of pages) {
    await fleet.tell({ kind: 'show', bytes: 1_024 * page });
    const cpu = { ballast: [] as number[], prometheus: [] as number[] };
    let late = 0;
    for (let round = 1; round <= rounds; round++)
      for (const name of ['ballast', 'prometheus'] as const) {
        if (plan.only !== undefined && plan.only !== name) continue;
        const measured = await measure(stage, fleet, await starts[name](stage, fleet));
        cpu[name].push(measured.cpuPer1000);
        if (name === 'ballast') late += measured.late;
        say(
          `${page} KB, round ${round}: ${name} ${measured.cpuPer1000.toFixed(4)} CPU s per 1,000, ${measured.late} late`,
        );
      }
    const [ballast, prometheus] = [mean(cpu.ballast), mean(cpu.prometheus)];
    rows.push({
      ...{ page: `${page}KB`, targets, ballastCpuPer1000: rounded(ballast), prometheusCpuPer1000: rounded(prometheus) },
      ...{ ratio: rounded(ballast / prometheus), late },
    });
  }
  print(rows, values.json === true);
};

await onStage(bench);
