import { BallastError } from '../lib/errors.js';
import { type Loaded, loadConfiguration, type LoadOptions, type ServiceMemo } from './load.js';
import { formatProblem } from './problems.js';

/** A folder, how it is read, and what it came to at the start. */
export interface Loadable {
  readonly directory: string;
  readonly options: LoadOptions & { readonly memo: ServiceMemo };
  readonly started: Extract<Loaded, { ok: true }>;
}

/** For a start, where no good configuration is in force yet: throws a BallastError that lists every problem. */
export const requireConfiguration = (directory: string, options: LoadOptions): Extract<Loaded, { ok: true }> => {
  const loaded = loadConfiguration(directory, options);
  if (loaded.ok) return loaded;
  const list = loaded.problems.map((problem) => `  ${formatProblem(problem)}`).join('\n');
  throw new BallastError('INVALID_CONFIGURATION', `the configuration in ${directory} cannot be used:\n${list}`, {
    hint: 'mend it, and try `ballast check config`',
  });
};
