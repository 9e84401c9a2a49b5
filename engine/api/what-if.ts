/** What would be: scores from given values. Nothing that is asked here changes anything. */
import { z } from 'zod';
import { json, type Endpoint } from '../../lib/http/endpoints.js';
import {
  simulateRequestSchema,
  simulationSchema,
  whatIfRequestSchema,
  whatIfSchema,
  type SimulateRequest,
  type Simulation,
  type WhatIf,
  type WhatIfRequest,
} from '../client/index.js';
import { replayEndpoint, type RunReplay } from './replay.js';
import { bodyOf } from './request.js';

export interface WhatIfOptions {
  readonly simulate: (request: SimulateRequest) => Simulation;
  readonly now: (request: WhatIfRequest) => WhatIf;
  readonly replay: RunReplay;
}

export const whatIfEndpoints = ({ simulate, now, replay }: WhatIfOptions): readonly Endpoint[] => [
  {
    method: 'post',
    path: '/v1/simulate',
    summary: 'The score of given values, by a service in force or by a candidate: levels, points lost, zone, weight',
    body: json(simulateRequestSchema),
    answer: json(simulationSchema),
    problems: { 404: 'no such service', 422: 'the candidate has problems; each is told with its place' },
    handle: (req, res) => void res.json(z.encode(simulationSchema, simulate(bodyOf(req, simulateRequestSchema)))),
  },
  {
    method: 'post',
    path: '/v1/what-if',
    summary: 'The scores that service files would give now, on what is known of their instances',
    body: json(whatIfRequestSchema),
    answer: json(whatIfSchema),
    problems: { 422: 'a file has problems; each is told with its place' },
    handle: (req, res) => void res.json(z.encode(whatIfSchema, now(bodyOf(req, whatIfRequestSchema)))),
  },
  replayEndpoint(replay),
];
