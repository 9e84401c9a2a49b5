/**
 * Memory per instance: the real engine with 1,000 and with 10,000 instances of eight metrics each, at 5 s, their windows full.
 * The difference, per instance more. Kept connections are counted apart: in the first two runs the targets close each
 * connection after its answer, in the third, as usual, they do not; what that one takes more are the connections.
 * Read after a full garbage collection, so that what is counted is what is needed and not what was left lying about; what
 * the process had before it is shown too.
 */
import { commandLine } from '../../lib/command-line.js';
import { startBallast } from './parts/ballast.js';
import { print, type Row } from './parts/print.js';
import { probeAnswerSchema, type ProbeAnswer } from './parts/probe-protocol.js';
import { onStage, say, type Stage } from './parts/stage.js';

const usage = 'scripts/bench memory [--json] [--short] [--few 1000] [--many 10000] [--settle 90]';
const option = { type: 'string' } as const;
const values = commandLine(usage, {
  options: {
    ...{ json: { type: 'boolean' }, short: { type: 'boolean' } },
    ...{ few: option, many: option, settle: option },
  },
});

const short = values.short === true;
const [few, many] = [Number(values.few ?? (short ? 200 : 1_000)), Number(values.many ?? (short ? 1_200 : 10_000))];
const settleMs = 1_000 * Number(values.settle ?? (short ? 60 : 90));
const interval = '5s';
const intervalMs = 5_000;
const bytes = 4_096;

interface Taken {
  readonly before: ProbeAnswer;
  readonly after: ProbeAnswer;
}

const run = async (stage: Stage, targets: number, closes: boolean): Promise<Taken> => {
  const fleet = await stage.startFleet({ targets, intervalMs, bytes, closes });
  const engine = await startBallast({ stage, fleet, interval, probed: true, nodeOptions: ['--expose-gc'] });
  const ask = async (kind: string): Promise<ProbeAnswer> => probeAnswerSchema.parse(await engine.ask({ kind }));
  await fleet.reached(engine, intervalMs, stage.signal);
  await stage.wait(settleMs);
  const before = await ask('read');
  for (let i = 0; i < 3; i++) {
    await ask('collect');
    await stage.wait(1_000);
  }
  const after = await ask('collect');
  await engine.stop();
  await fleet.program.stop();
  const kept = closes ? 'closed' : 'kept';
  say(`${targets} instances, connections ${kept}: RSS ${(after.rss / 2 ** 20).toFixed(0)} MiB`);
  return { before, after };
};

const mb = (size: number): number => Math.round((size / 2 ** 20) * 10) / 10;

const rowOf = (instances: number, connections: string, { before, after }: Taken): Row => ({
  ...{ instances, connections, rssMb: mb(after.rss), heapMb: mb(after.heapUsed), buffersMb: mb(after.arrayBuffers) },
  ...{ rssBeforeMb: mb(before.rss), kbPerInstance: null, heapKbPerInstance: null },
});

const bench = async (stage: Stage): Promise<void> => {
  const small = await run(stage, few, true);
  const large = await run(stage, many, true);
  const open = await run(stage, many, false);
  const per = (sizeOf: (answer: ProbeAnswer) => number): number =>
    Math.round(((sizeOf(large.after) - sizeOf(small.after)) / 1_024 / (many - few)) * 10) / 10;
  print(
    [
      rowOf(few, 'closed', small),
      {
        ...rowOf(many, 'closed', large),
        kbPerInstance: per(({ rss }) => rss),
        heapKbPerInstance: per(({ heapUsed, arrayBuffers }) => heapUsed + arrayBuffers),
      },
      {
        ...rowOf(many, 'kept', open),
        kbPerInstance: Math.round((open.after.rss - large.after.rss) / 102.4 / many) / 10,
      },
    ],
    values.json === true,
  );
};

await onStage(bench);
