import type { Express, Request } from 'express';
import { z } from 'zod';
import type { Clock } from '../../lib/clock.js';
import { BallastError } from '../../lib/errors.js';
import { blocking } from '../../lib/http/blocking.js';
import { explanationSchema, type Explanation } from '../client/index.js';
import type { Board, ServiceBoard } from './board.js';
import { encodeBoard, encodeScore, encodeService, encodeServices } from './encode.js';

export interface RoutesOptions {
  readonly board: Board;
  readonly clock: Clock;
  /** Null: nothing was judged of it yet. */
  readonly explain: (service: string, instance: string) => Explanation | null;
}

const SHOWN = 10;

const param = (req: Request, name: string): string => {
  const value = req.params[name];
  return typeof value === 'string' ? value : '';
};

/** A parameter that is not understood must not be ignored in silence: the answer would be to another question. */
const allow = (req: Request, ...names: readonly string[]): void => {
  const strange = Object.keys(req.query).find((name) => !names.includes(name));
  if (strange === undefined) return;
  throw new BallastError('INVALID_REQUEST', `${req.path} takes no parameter ${strange.slice(0, 80)}`, {
    status: 400,
    hint: names.length > 0 ? `it takes ${names.join(', ')}` : 'it takes none',
  });
};

const listed = (names: readonly string[], none: string): string => {
  if (names.length === 0) return none;
  const more = names.length > SHOWN ? `, and ${names.length - SHOWN} more` : '';
  return `known are ${names.slice(0, SHOWN).join(', ')}${more}`;
};

const serviceOf = (board: Board, req: Request): ServiceBoard => {
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

const instanceNotFound = (service: ServiceBoard, name: string): BallastError =>
  new BallastError('INSTANCE_NOT_FOUND', `service ${service.service} has no instance ${name}`, {
    status: 404,
    hint: `${listed([...service.rows.keys()], 'it has none that was evaluated')}; discovery: ${service.discovery.why}`,
  });

const rowOf = (board: Board, req: Request) => {
  const service = serviceOf(board, req);
  const name = param(req, 'instance');
  const row = service.rows.get(name);
  if (!row) throw instanceNotFound(service, name);
  return row;
};

/** The engine's HTTP API, on the app itself. Reading only; see the wire types for the shapes. */
export const addRoutes = (app: Express, { board, clock, explain }: RoutesOptions): void => {
  app.get('/v1/services', (req, res) => {
    allow(req);
    res.json(encodeServices(board, clock.now()));
  });

  const wait = ['index', 'wait'] as const;
  app.get(
    '/v1/scores',
    blocking(
      (req) => {
        allow(req, ...wait);
        return board.watched;
      },
      (value) => encodeBoard(value, clock.now()),
    ),
  );
  app.get(
    '/v1/scores/:service',
    blocking(
      (req) => {
        allow(req, ...wait);
        return serviceOf(board, req).watched;
      },
      (value) => encodeService(value),
    ),
  );
  app.get(
    '/v1/scores/:service/:instance',
    blocking(
      (req) => {
        allow(req, ...wait);
        return rowOf(board, req).watched;
      },
      (value, req) => {
        if (!value) throw instanceNotFound(serviceOf(board, req), param(req, 'instance'));
        return encodeScore(value);
      },
    ),
  );
  app.get('/v1/scores/:service/:instance/explain', (req, res) => {
    allow(req);
    rowOf(board, req);
    const explanation = explain(param(req, 'service'), param(req, 'instance'));
    if (!explanation) throw instanceNotFound(serviceOf(board, req), param(req, 'instance'));
    res.json(z.encode(explanationSchema, explanation));
  });
};
