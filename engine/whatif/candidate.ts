/** Service files that are not in force: read as at a start of the engine, and refused with everything that is wrong. */
import { loadPresets, loadService } from '../../config/load.js';
import type { ServicePolicy } from '../../config/index.js';
import { formatProblem } from '../../config/problems.js';
import { BallastError } from '../../lib/errors.js';
import type { Candidate } from '../client/index.js';
import { checkQuery, compileService, type CompiledService } from '../derive/index.js';
import { checkExpression } from '../score/index.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Throws a BallastError `INVALID_CONFIGURATION` (422) with each problem and its place, a line each. */
export const readCandidate = ({ file, text }: Candidate, env: Environment): ServicePolicy => {
  const { value, problems } = loadService(file, text, loadPresets(), { env, checkQuery, checkExpression });
  if (value !== null) return value;
  throw new BallastError('INVALID_CONFIGURATION', problems.map(formatProblem).join('\n'), {
    status: 422,
    hint: 'mend the file; ballast check config tells the same',
  });
};

/** The same, ready to be asked. */
export const compileCandidate = (candidate: Candidate, env: Environment): CompiledService =>
  compileService(readCandidate(candidate, env));
