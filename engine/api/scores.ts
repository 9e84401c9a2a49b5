/** Scores: of all, of a service, of an instance; and why they are what they are. */
import type { Express } from 'express';
import { z } from 'zod';
import { blocking } from '../../lib/http/blocking.js';
import { explanationSchema } from '../client/index.js';
import { encodeBoard, encodeScore, encodeService, encodeServices } from './encode.js';
import { allow, instanceNotFound, param, rowOf, serviceOf } from './request.js';
import type { RoutesOptions } from './routes.js';

export const addScoreRoutes = (app: Express, { board, clock, explain }: RoutesOptions): void => {
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
      (value, req) => encodeService(value.removed ? serviceOf(board, req) : value),
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
