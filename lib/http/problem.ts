import type { ErrorRequestHandler, Response } from 'express';
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { BallastError, toError } from '../errors.js';
import type { Log } from '../log.js';

/** RFC 9457 with the code of the error, which stays the same while words may change. Some carry further members. */
export const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  code: z.string(),
  hint: z.string().optional(),
});
export type ProblemBody = z.infer<typeof problemSchema>;

export const problemOf = (
  status: number,
  code: string,
  detail: string,
  hint: string | null = null,
  details: Readonly<Record<string, unknown>> = {},
): ProblemBody => ({
  ...details,
  type: `urn:ballast:problem:${code.toLowerCase().replaceAll('_', '-')}`,
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail,
  code,
  ...(hint === null ? {} : { hint }),
});

export const sendProblem = (res: Response, problem: ProblemBody): void => {
  res.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
};

/** Errors of Express and its body parser say themselves which 4xx they are; nothing else of theirs is shown. */
const clientErrorSchema = z.object({ status: z.number().int().min(400).max(499), message: z.string() });

const toProblem = (error: Error): ProblemBody | null => {
  if (error instanceof BallastError && error.status !== null)
    return problemOf(error.status, error.code, error.message, error.hint, error.details);
  if (error instanceof z.ZodError) return problemOf(400, 'INVALID_REQUEST', z.prettifyError(error));
  const client = clientErrorSchema.safeParse(error);
  return client.success ? problemOf(client.data.status, 'INVALID_REQUEST', client.data.message) : null;
};

/** Last in the chain. What we did not foresee is logged whole and shown as nothing but a 500. */
export const problemHandler =
  (log: Log): ErrorRequestHandler =>
  (thrown: unknown, req, res, next) => {
    const error = toError(thrown);
    if (res.headersSent) return next(error);
    const problem = toProblem(error);
    if (!problem) log.error({ err: error, method: req.method, path: req.path }, 'a request failed');
    sendProblem(res, problem ?? problemOf(500, 'INTERNAL', 'an unexpected error, see the log of this service'));
  };
