/** Service files that are not in force: read as at a start, and refused with everything that is wrong. */
import { BallastError } from '../lib/errors.js';
import { loadPresets, loadService } from './load-service.js';
import type { ServiceOptions } from './load-service.js';
import type { ServicePolicy } from './policy.js';
import { formatProblem } from './problems.js';
import type { Problem } from './problems.js';

/** A file's text, and the name by which its problems are told. */
export interface CandidateFile {
  readonly file: string;
  readonly text: string;
}

const refuse = (problems: readonly Problem[]): never => {
  throw new BallastError('INVALID_CONFIGURATION', problems.map(formatProblem).join('\n'), {
    status: 422,
    hint: 'mend the file; ballast check config tells the same of a folder',
    details: { problems },
  });
};

/** Throws a BallastError `INVALID_CONFIGURATION` (422) with each problem and its place, also where two files name one service. */
export const readCandidates = (files: readonly CandidateFile[], options: ServiceOptions): readonly ServicePolicy[] => {
  const presets = loadPresets();
  const parts = files.map(({ file, text }) => loadService(file, text, presets, options));
  const problems = parts.flatMap((part) => part.problems);
  if (problems.length > 0) return refuse(problems);
  const policies = parts.flatMap(({ value }) => value ?? []);
  const twice = policies.find(({ service }, i) => policies.findIndex((other) => other.service === service) < i);
  if (twice) {
    const message = `"${twice.service}" is defined in another file too`;
    refuse([{ file: twice.file, line: 0, column: 0, path: 'service', message, hint: 'keep one of the two' }]);
  }
  return policies;
};
