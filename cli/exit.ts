import { BallastError } from '../lib/errors.js';

/** Exit codes: part of the interface, scripts rest on them. */
export const exit = {
  fine: 0,
  failed: 1,
  /** A condition that was asked for with --exit-code holds. */
  condition: 2,
  /** Refused by a guardrail or an approval. */
  refused: 4,
  usage: 64,
} as const;
export type ExitCode = (typeof exit)[keyof typeof exit];

/** The command line itself is wrong, or says too little. */
export const usageError = (message: string, hint: string): BallastError => new BallastError('USAGE', message, { hint });

/** 409 is how the scheduler says that a guardrail or an approval stands in the way. */
export const exitCodeOf = (error: unknown): ExitCode => {
  if (!(error instanceof BallastError)) return exit.failed;
  if (error.code === 'USAGE' || error.code === 'INVALID_FILTER') return exit.usage;
  return error.status === 409 ? exit.refused : exit.failed;
};
