/**
 * What one core bears: the real engine, pinned to one core, with 10,000 targets at 10 s, which another core serves. Shows the
 * share of the core that the engine takes, and that of others there, how many scrapes came an interval too late or never, and
 * how long its event loop was held up at most.
 */
import { availableParallelism } from 'node:os';
import { parseDuration } from '../../config/units.js';
import { commandLine } from '../../lib/command-line.js';
import { startBallast } from './parts/ballast.js';
import { coreSeconds } from './parts/core.js';
import { print } from './parts/print.js';
import { probeAnswerSchema } from './parts/probe-protocol.js';
import { onStage, type Stage } from './parts/stage.js';

const usage = `scripts/bench hold [--json] [--short] [--targets 10000] [--interval 10s] [--core 0] [--page 4]
  [--window 120s] [--nice -15] [--profile DIR]
--nice puts engine and targets before others who use the machine (as root).`;
const option = { type: 'string' } as const;
const values = commandLine(usage, {
  options: {
    ...{ json: { type: 'boolean' }, short: { type: 'boolean' } },
    ...{ targets: option, interval: option, core: option, page: option, window: option, profile: option },
    nice: option,
  },
});

const short = values.short === true;
const targets = Number(values.targets ?? (short ? 2_000 : 10_000));
const interval = values.interval ?? '10s';
const intervalMs = parseDuration(interval) ?? 10_000;
const windowMs = parseDuration(values.window ?? (short ? '20s' : '120s')) ?? 0;

const core = Number(values.core ?? 0);
/** Where there is no other core they share it. */
const otherCore = (core + 1) % availableParallelism();
const pinnedTo = (which: number): readonly string[] => [
  ...(values.nice === undefined ? [] : ['nice', '-n', values.nice]),
  ...['taskset', '-c', String(which)],
];

const bench = async (stage: Stage): Promise<void> => {
  const bytes = 1_024 * Number(values.page ?? 4);
  const fleet = await stage.startFleet({ targets, intervalMs, bytes, under: pinnedTo(otherCore) });
  const nodeOptions = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`];
  const engine = await startBallast({ stage, fleet, interval, probed: true, under: pinnedTo(core), nodeOptions });
  await fleet.reached(engine, intervalMs, stage.signal);
  // Two rounds, for the code to be compiled and the connections to be there.
  await stage.wait(2 * intervalMs);
  await engine.ask({ kind: 'reset' });
  await fleet.tell({ kind: 'reset', intervalMs });
  const before = engine.cpuSeconds();
  const coreBefore = coreSeconds(core);
  await stage.wait(windowMs);
  const cpu = engine.cpuSeconds() - before;
  const busy = coreSeconds(core) - coreBefore;
  const { served, late } = await fleet.tell({ kind: 'count' });
  const { longestMs, p99Ms } = probeAnswerSchema.parse(await engine.ask({ kind: 'read' }));
  const due = Math.floor(0.999 * (windowMs / intervalMs) * targets);
  const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
  print(
    [
      {
        ...{ targets, interval, coreShare: rounded(cpu / (windowMs / 1_000), 3) },
        othersShare: rounded(Math.max(0, busy - cpu) / (windowMs / 1_000), 3),
        ...{ cpuPer1000: rounded((1_000 * cpu) / served, 4), late: Math.max(late, due - served, 0) },
        ...{ loopP99Ms: rounded(p99Ms, 1), loopLongestMs: rounded(longestMs, 1) },
      },
    ],
    values.json === true,
  );
};

await onStage(bench);
