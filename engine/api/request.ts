/** What a request asks about: its parameters, checked, and the service or instance that they name. */
import type { Request } from 'express';
import type { z } from 'zod';
import { BallastError } from '../../lib/errors.js';
import { issuesText } from '../../lib/http/issues.js';
import type { Board, ServiceBoard } from './board.js';

const SHOWN = 10;

export const param = (req: Request, name: string): string => {
  const value = req.params[name];
  return typeof value === 'string' ? value : '';
};

export const listed = (names: readonly string[], none: string): string => {
  if (names.length === 0) return none;
  const more = names.length > SHOWN ? `, and ${names.length - SHOWN} more` : '';
  return `known are ${names.slice(0, SHOWN).join(', ')}${more}`;
};

export const serviceOf = (board: Board, req: Request): ServiceBoard => {
  const name = param(req, 'service');
  const found = board.service(name);
  if (found) return found;
  throw new BallastError('SERVICE_NOT_FOUND', `no service ${name} is configured`, {
    status: 404,
    hint: listed(
      board.services.map(({ service }) => service),
      'no service file was loaded',
    ),
  });
};

export const instanceNotFound = (service: ServiceBoard, name: string): BallastError =>
  new BallastError('INSTANCE_NOT_FOUND', `service ${service.service} has no instance ${name}`, {
    status: 404,
    hint: `${listed([...service.rows.keys()], 'it has none that was evaluated')}; discovery: ${service.discovery.why}`,
  });

export const rowOf = (board: Board, req: Request) => {
  const service = serviceOf(board, req);
  const name = param(req, 'instance');
  const row = service.rows.get(name);
  if (!row) throw instanceNotFound(service, name);
  return row;
};

/** The body, as the schema wants it. Throws a BallastError `INVALID_REQUEST` that names what is wrong. */
export const bodyOf = <S extends z.ZodType>(req: Request, schema: S): z.output<S> => {
  const parsed = schema.safeParse(req.body ?? {});
  if (parsed.success) return parsed.data;
  throw new BallastError('INVALID_REQUEST', issuesText(parsed.error, 'body'), { status: 400 });
};
