/** `ballast simulate`: what the guardrails of a folder's files would allow, page and refuse in days full of trouble. */
import { formatProblem, loadConfiguration } from '../../config/index.js';
import { exit, usageError } from '../exit.js';
import type { ExitCode } from '../exit.js';
import type { Io } from '../io.js';
import { jsonText } from '../output.js';
import { painter } from '../paint.js';
import { overCores } from '../simulate/pool.js';
import { findings } from '../simulate/users/advice.js';
import { type FleetOptions, userFleet } from '../simulate/users/fleet.js';
import type { UserDay, UserTask } from '../simulate/users/play.js';
import { reportOf } from '../simulate/users/report.js';
import { progressText, simulateText } from '../views/simulate.js';
import type { Checks } from './check.js';

export interface SimulateOptions extends FleetOptions {
  readonly config: string;
  readonly days: number;
  readonly seed: number;
  /** Length of a day, for a short look. */
  readonly hours: number;
  readonly format: 'text' | 'json';
}

export const simulateConfig = async (io: Io, options: SimulateOptions, checks: Checks): Promise<ExitCode> => {
  const loaded = loadConfiguration(options.config, { env: io.env, ...checks });
  if (!loaded.ok) {
    io.out(loaded.problems.map((problem) => `${formatProblem(problem)}\n`).join(''));
    return exit.failed;
  }
  const { services, ballast } = loaded.configuration;
  if (services.size === 0)
    throw usageError(`${options.config}: there is no service file in ${ballast.servicesDirectory}`, 'write one first');
  const fleet = userFleet([...services.values()], ballast, options);
  const { policies, limits, receivers } = fleet;
  const tasks = Array.from({ length: options.days }, (_, nth): UserTask => ({
    policies,
    limits,
    receivers,
    seed: options.seed + nth,
    hours: options.hours,
  }));
  const days = await playAll(io, tasks);
  if (days === null) return exit.failed;
  const report = reportOf(fleet, days);
  if (options.format === 'json')
    io.out(jsonText({ ...report, notes: fleet.notes, findings: findings(report.services, fleet) }));
  else io.out(simulateText(report, fleet, painter(io.colour)));
  return report.broken.length > 0 ? exit.failed : exit.fine;
};

/** Null: interrupted. */
const playAll = async (io: Io, tasks: readonly UserTask[]): Promise<readonly UserDay[] | null> => {
  const started = io.clock.mono();
  const say = (done: number): void => {
    const text = progressText(done, tasks.length, io.clock.mono() - started);
    if (io.terminal === true) io.err(`\r${text.padEnd(60)}${done === tasks.length ? '\n' : ''}`);
    else if (done > 0) io.err(`${text}\n`);
  };
  say(0);
  const script = new URL('../simulate/users/worker.js', import.meta.url);
  const days = await overCores<UserTask, UserDay>(
    script,
    tasks,
    (_, done) => say(done),
    () => io.signal.aborted,
  );
  return io.signal.aborted ? null : [...days].sort((a, b) => a.seed - b.seed);
};
