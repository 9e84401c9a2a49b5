/** The whole engine as a user runs it: `ballast engine run` on a folder with configuration. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../../lib/paths.js';
import type { Program } from './program.js';
import type { FleetHandle, Stage } from './stage.js';

const ballastProgram = join(packageRoot, 'dist/cli/main.js');
const probe = fileURLToPath(new URL('probe.js', import.meta.url));

/** Eight metrics, as a team writes them: each kind of source once, rates, a quantile, a ratio, gauges. */
export const serviceFile = (interval: string): string => `service: bench
scrape: { interval: ${interval}, timeout: 800ms }
drain: { in_flight: sum(http_requests_in_flight) }
metrics:
  error_logs:
    query: sum(rate(log_messages_total{level=~"error|fatal"}[$__rate_interval]))
    good: 1
    critical: 10
    weight: 0.1
  response_time:
    query: histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[$__rate_interval])))
    good: 250ms
    critical: 1s
    weight: 0.1
    cap: 45
    min_traffic: { query: 'sum(rate(http_request_duration_seconds_count[$__rate_interval]))', at_least: 0.5 }
  error_ratio:
    ratio:
      bad: http_request_duration_seconds_count{status_code=~"5.."}
      total: http_request_duration_seconds_count
    good: 1%
    critical: 10%
    weight: 0.1
    cap: 20
  cpu:
    query: sum(rate(process_cpu_seconds_total[$__rate_interval]))
    good: 70%
    critical: 95%
    weight: 0.1
    cap: 60
  memory:
    query: sum(process_resident_memory_bytes) / sum(process_memory_limit_bytes)
    good: 75%
    critical: 95%
    weight: 0.1
    cap: 40
  event_loop_lag:
    query: max(nodejs_eventloop_lag_p99_seconds)
    good: 70ms
    critical: 500ms
    weight: 0.2
    cap: 40
  stall:
    stall:
      in_flight: http_requests_in_flight
      completed: http_request_duration_seconds_count
    good: 0
    critical: 1
    weight: 0.1
    cap: 20
  process_up:
    level: system
    up: true
    good: 1
    critical: 0
    weight: 1
    cap: 0
`;

export interface BallastPlan {
  readonly stage: Stage;
  readonly fleet: FleetHandle;
  readonly interval: string;
  /** Node options, and a command that runs it (taskset). */
  readonly nodeOptions?: readonly string[];
  readonly under?: readonly string[];
  /** Answers questions about its memory and event loop over IPC. */
  readonly probed?: boolean;
}

let runs = 0;

export const startBallast = async (plan: BallastPlan): Promise<Program> => {
  const folder = join(plan.stage.folder, `ballast-${++runs}`);
  await mkdir(join(folder, 'services'), { recursive: true });
  const engine = `engine: { listen: { port: 0 }, data: ${join(folder, 'data')} }`;
  await writeFile(join(folder, 'ballast.yaml'), `consul: { url: '${plan.fleet.consul}' }\n${engine}\n`);
  await writeFile(join(folder, 'services/bench.yaml'), serviceFile(plan.interval));
  const { under = [], nodeOptions = [], probed = false } = plan;
  const options = [...nodeOptions, ...(probed ? ['--import', probe] : [])];
  const command = [...under, process.execPath, ...options, ballastProgram, 'engine', 'run', '--config', folder];
  return plan.stage.start(`ballast-${runs}`, command, probed);
};
