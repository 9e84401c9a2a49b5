/** Candidates with the engine's own checks of queries and expressions. */
import { readCandidates as readAll } from '../../config/candidate.js';
import type { ServicePolicy } from '../../config/index.js';
import type { Candidate } from '../client/index.js';
import { checkQuery, checkService } from '../derive/index.js';
import { checkExpression } from '../score/index.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export const readCandidates = (candidates: readonly Candidate[], env: Environment): readonly ServicePolicy[] =>
  readAll(candidates, { env, checkQuery, checkExpression, checkService });

export const readCandidate = (candidate: Candidate, env: Environment): ServicePolicy => {
  const [policy] = readCandidates([candidate], env);
  if (policy) return policy;
  throw new Error('a file is a service');
};
