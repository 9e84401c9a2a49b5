/** `ballast check config`: what the services would say at their start, without starting them. */
import { loadConfiguration } from '../../config/index.js';
import type { LoadOptions } from '../../config/index.js';
import { formatProblem } from '../../config/index.js';
import { exit } from '../exit.js';
import type { ExitCode } from '../exit.js';
import type { Io } from '../io.js';

export type Checks = Omit<LoadOptions, 'env'>;

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Problems are the data; everything else is said beside it. */
export const checkConfig = (io: Io, directory: string, checks: Checks): ExitCode => {
  const loaded = loadConfiguration(directory, { env: io.env, ...checks });
  if (!loaded.ok) {
    io.out(loaded.problems.map((problem) => `${formatProblem(problem)}\n`).join(''));
    io.err(`${directory}: ${plural(loaded.problems.length, 'problem')}\n`);
    return exit.failed;
  }
  io.err(loaded.warnings.map((problem) => `warning: ${formatProblem(problem)}\n`).join(''));
  const { services } = loaded.configuration;
  const metrics = [...services.values()].reduce((sum, policy) => sum + policy.metrics.length, 0);
  io.err(`${directory}: fine (${plural(services.size, 'service')}, ${plural(metrics, 'metric')})\n`);
  return exit.fine;
};
