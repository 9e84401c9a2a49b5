/** `ballast check config`: what the services would say of a folder at their start, or of single files, without any service. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { formatProblem, loadConfiguration, type LoadOptions, type Problem } from '../../config/index.js';
import { loadBallast, loadPresets, loadService } from '../../config/load.js';
import { readText, unreadable } from '../../config/read.js';
import { exit } from '../exit.js';
import type { ExitCode } from '../exit.js';
import type { Io } from '../io.js';

export type Checks = Omit<LoadOptions, 'env'>;

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

interface Seen {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** What there is, where nothing is wrong. */
  readonly holds: string;
}

const inFolder = (directory: string, options: LoadOptions): Seen => {
  const loaded = loadConfiguration(directory, options);
  if (!loaded.ok) return { problems: loaded.problems, warnings: [], holds: '' };
  const { services } = loaded.configuration;
  const metrics = [...services.values()].reduce((sum, policy) => sum + policy.metrics.length, 0);
  const holds = `${plural(services.size, 'service')}, ${plural(metrics, 'metric')}`;
  return { problems: [], warnings: loaded.warnings, holds };
};

/** By itself: what it has in common with others is seen in the folder only. */
const inFile = (file: string, options: LoadOptions): Seen => {
  if (basename(file) === 'ballast.yaml') return { ...loadBallast(file, options.env), holds: 'no services' };
  const read = readText(file);
  if ('wrong' in read)
    return { problems: [unreadable(file, read.wrong, 'name a folder or a file')], warnings: [], holds: '' };
  const { value, problems, warnings } = loadService(file, read.text, loadPresets(), options);
  return {
    problems,
    warnings,
    holds: `service ${value?.service ?? ''}, ${plural(value?.metrics.length ?? 0, 'metric')}`,
  };
};

const checkOne = (io: Io, path: string, options: LoadOptions): boolean => {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? /\.ya?ml$/.test(path);
  const { problems, warnings, holds } = isFile ? inFile(path, options) : inFolder(path, options);
  io.out(problems.map((problem) => `${formatProblem(problem)}\n`).join(''));
  io.err(warnings.map((problem) => `warning: ${formatProblem(problem)}\n`).join(''));
  io.err(`${path}: ${problems.length > 0 ? plural(problems.length, 'problem') : `fine (${holds})`}\n`);
  return problems.length === 0;
};

/** Problems are the data; everything else is said beside it. */
export const checkConfig = (io: Io, paths: readonly string[], checks: Checks): ExitCode => {
  const fine = paths.map((path) => checkOne(io, path, { env: io.env, ...checks }));
  return fine.every(Boolean) ? exit.fine : exit.failed;
};
