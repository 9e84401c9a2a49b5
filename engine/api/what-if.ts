/** What would be: scores from given values. Nothing that is asked here changes anything. */
import type { Request } from 'express';
import { z } from 'zod';
import { BallastError } from '../../lib/errors.js';
import { json, type Endpoint } from '../../lib/http/endpoints.js';
import { simulateRequestSchema, simulationSchema, type SimulateRequest, type Simulation } from '../client/index.js';

/** The body, as the schema wants it. Throws a BallastError `INVALID_REQUEST` that names what is wrong. */
export const bodyOf = <S extends z.ZodType>(req: Request, schema: S): z.output<S> => {
  const parsed = schema.safeParse(req.body ?? {});
  if (parsed.success) return parsed.data;
  throw new BallastError('INVALID_REQUEST', z.prettifyError(parsed.error).replaceAll('\n', ' '), { status: 400 });
};

export interface WhatIfOptions {
  readonly simulate: (request: SimulateRequest) => Simulation;
}

export const whatIfEndpoints = ({ simulate }: WhatIfOptions): readonly Endpoint[] => [
  {
    method: 'post',
    path: '/v1/simulate',
    summary: 'The score of given values, by a service in force or by a candidate: levels, points lost, zone, weight',
    body: json(simulateRequestSchema),
    answer: json(simulationSchema),
    problems: { 404: 'no such service', 422: 'the candidate has problems; each is told with its place' },
    handle: (req, res) => void res.json(z.encode(simulationSchema, simulate(bodyOf(req, simulateRequestSchema)))),
  },
];
