/** What a request asks about, checked; and what was decided last. */
import type { Request } from 'express';
import { z } from 'zod';
import { BallastError } from '../../lib/errors.js';
import { queried } from '../../lib/http/endpoints.js';
import { issuesText } from '../../lib/http/issues.js';
import { canonicalScope } from './pause.js';
import type { Subjects } from './subjects.js';
import type { Shown } from './views.js';

/** A value of the wire, as the schema wants it. Throws a BallastError `INVALID_REQUEST` that names what is wrong. */
export const parse = <S extends z.ZodType>(schema: S, value: unknown, where: 'body' | 'query'): z.output<S> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new BallastError('INVALID_REQUEST', issuesText(result.error, where), { status: 400 });
};

export const limitSchema = z.coerce.number().int().min(1).max(10_000).default(200);
export const limited = { limit: 'How many at most, 1 to 10000; 200 unless given' };

export const param = (req: Request, name: string): string => {
  const value = req.params[name];
  return typeof value === 'string' ? value : '';
};

/** `?dry_run` alone means yes. Throws a BallastError `INVALID_REQUEST` for what is neither true nor false. */
export const isDryRun = (req: Request): boolean => {
  const text = queried(req, 'dry_run');
  if (text === undefined || text === 'false') return false;
  if (text === '' || text === 'true') return true;
  throw new BallastError('INVALID_REQUEST', `dry_run "${text.slice(0, 40)}" is neither true nor false`, {
    status: 400,
  });
};

/** Throws a BallastError `NOT_READY` before the first decision. */
export const decided = ({ shown }: Pick<Subjects, 'shown'>): Shown => {
  const last = shown();
  if (last) return last;
  throw new BallastError('NOT_READY', 'nothing was decided yet', {
    status: 503,
    hint: 'ask /-/ready for what it waits for',
  });
};

/** Problem of whatever needs a decision. */
export const undecided = { 503: 'nothing was decided yet' };

/** Problem of whatever is written to Consul. */
export const notWritten = { 503: 'Consul does not answer; nothing is healed until it does in any case' };

/** Throws a BallastError `INVALID_REQUEST` where an end lies behind us. */
export const notPast = (until: number | null, now: number, what: string): void => {
  if (until !== null && until <= now)
    throw new BallastError('INVALID_REQUEST', `until lies in the past: ${what} would never hold`, { status: 400 });
};

/** The form of a scope that is kept. Throws a BallastError `INVALID_REQUEST` for a text that is none. */
export const scopeOf = (text: string): string => {
  const scope = canonicalScope(text);
  if (scope !== null) return scope;
  throw new BallastError('INVALID_REQUEST', `scope "${text}" is none`, {
    status: 400,
    hint: 'all, SERVICE or SERVICE/INSTANCE',
  });
};
