/** Scores: of all, of a service, of an instance; and why they are what they are. */
import type { Request } from 'express';
import { compileFilter, fieldsOf, type Filter } from '../../lib/filter/index.js';
import { blocking } from '../../lib/http/blocking.js';
import { json, queried, type Endpoint } from '../../lib/http/endpoints.js';
import {
  instanceScoreSchema,
  scoresResponseSchema,
  serviceScoresSchema,
  servicesResponseSchema,
} from '../client/index.js';
import { boardBytes, encodeServices, scoreBytes, serviceBytes } from './encode.js';
import { explainEndpoint } from './history.js';
import { instanceNotFound, param, rowOf, serviceOf } from './request.js';
import type { RoutesOptions } from './routes.js';

const waiting = {
  index: 'What X-Ballast-Index said: answer when something material changed since',
  wait: 'How long at most, such as 30s; 60s unless given, never over 10m',
};
const filtering = {
  filter: 'Only instances that satisfy it, such as: zone == "red" and score < 40',
};
const noService = { 404: 'no such service' };
const noInstance = { 404: 'no such service or instance' };

const fields = fieldsOf(instanceScoreSchema);

/** Null: all are asked for. */
const filterOf = (req: Request): Filter | null => {
  const source = queried(req, 'filter');
  return source === undefined ? null : compileFilter(source, fields);
};

/** Readers with the same filter are told the same. */
const alike = (req: Request): string => queried(req, 'filter') ?? '';

export const scoreEndpoints = (options: RoutesOptions): readonly Endpoint[] => {
  const { board, clock } = options;
  return [
    {
      method: 'get',
      path: '/v1/services',
      summary: 'Every service with how many of its instances are in which zone',
      answer: json(servicesResponseSchema),
      handle: (_req, res) => void res.json(encodeServices(board, clock.now())),
    },
    {
      method: 'get',
      path: '/v1/scores',
      summary: 'Scores of all instances of all services',
      query: { ...waiting, ...filtering },
      answer: json(scoresResponseSchema),
      handle: blocking(
        (req) => {
          filterOf(req);
          return board.watched;
        },
        (value, req) => boardBytes(value, filterOf(req), clock.now()),
        alike,
      ),
    },
    {
      method: 'get',
      path: '/v1/scores/:service',
      summary: 'Scores of all instances of a service',
      query: { ...waiting, ...filtering },
      answer: json(serviceScoresSchema),
      problems: noService,
      handle: blocking(
        (req) => {
          filterOf(req);
          return serviceOf(board, req).watched;
        },
        (value, req) => serviceBytes(value.removed ? serviceOf(board, req) : value, filterOf(req), clock.now()),
        alike,
      ),
    },
    {
      method: 'get',
      path: '/v1/scores/:service/:instance',
      summary: 'Score of an instance',
      query: waiting,
      answer: json(instanceScoreSchema),
      problems: noInstance,
      handle: blocking(
        (req) => rowOf(board, req).watched,
        (value, req) => {
          if (!value) throw instanceNotFound(serviceOf(board, req), param(req, 'instance'));
          return scoreBytes(value.whole);
        },
      ),
    },
    explainEndpoint(options),
  ];
};
