import type { ErrorRequestHandler, Response } from 'express';
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { BallastError, toError } from '../errors.js';
import type { Log } from '../log.js';
import { issuesText } from './issues.js';

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
const clientErrorSchema = z.object({
  status: z.number().int().min(400).max(499),
  message: z.string(),
  type: z.string().optional(),
  limit: z.number().optional(),
  length: z.number().optional(),
});

const toProblem = (error: Error): ProblemBody | null => {
  if (error instanceof BallastError && error.status !== null)
    return problemOf(error.status, error.code, error.message, error.hint, error.details);
  if (error instanceof z.ZodError) return problemOf(400, 'INVALID_REQUEST', issuesText(error, 'body'));
  const client = clientErrorSchema.safeParse(error);
  return client.success ? clientProblem(client.data) : null;
};

const clientProblem = ({ status, type, message, limit, length }: z.output<typeof clientErrorSchema>): ProblemBody => {
  if (type === 'entity.too.large') {
    const size = length === undefined ? '' : `has ${length} bytes and `;
    return problemOf(status, 'INVALID_REQUEST', `the body ${size}may have ${limit} at most`, 'send less at once');
  }
  if (type === 'entity.parse.failed')
    return problemOf(status, 'INVALID_REQUEST', `the body is no JSON: ${message}`, 'mend it; nothing was changed');
  return problemOf(status, 'INVALID_REQUEST', message);
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
