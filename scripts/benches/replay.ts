/**
 * What a replay costs: a candidate over 24 h of 200 instances with 8 metrics at 5 s, from a history file made up for it, in
 * its thread as the engine runs it. Meanwhile this thread's event loop is watched: it must not be blocked.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Replays } from '../../engine/replay/index.js';
import { commandLine } from '../../lib/command-line.js';
import { inventHistory, inventedPolicies } from './parts/invented-history.js';
import { print, type Row } from './parts/print.js';

const usage = 'scripts/bench replay [--json] [--short] [--instances 200] [--hours 24] [--rounds 3]';

const option = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const values = commandLine(usage, {
  options: { json: flag, short: flag, instances: option, hours: option, rounds: option },
});

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const main = async (): Promise<void> => {
  const short = values.short === true;
  const instances = Number(values.instances ?? (short ? 20 : 200));
  const hours = Number(values.hours ?? 24);
  const folder = mkdtempSync(join(tmpdir(), 'ballast-replay-'));
  try {
    const path = join(folder, 'history.db');
    const { candidate, recorded } = inventedPolicies();
    say(`writing ${hours} h of ${instances} instances`);
    const { from, to, bytes } = inventHistory(path, recorded, { instances, hours });
    const rows: Row[] = [];
    for (let round = 1; round <= Number(values.rounds ?? (short ? 1 : 3)); round += 1) {
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      const before = process.cpuUsage();
      const started = performance.now();
      const question = { path, candidate, service: candidate.service, from, to };
      let progress = 0;
      const told = (): void => void (progress += 1);
      const result = await new Replays().run(question, told, new AbortController().signal);
      const seconds = (performance.now() - started) / 1_000;
      const { user, system } = process.cpuUsage(before);
      delay.disable();
      rows.push({
        instances,
        hours,
        evaluations: result.evaluations,
        megabytes: Math.round(bytes / 1e6),
        seconds: Number(seconds.toFixed(2)),
        cpuSeconds: Number(((user + system) / 1e6).toFixed(2)),
        evaluationsPerSecond: Math.round(result.evaluations / seconds),
        progress,
        loopDelayMs: Number((delay.max / 1e6).toFixed(1)),
      });
    }
    print(rows, values.json === true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

await main();
