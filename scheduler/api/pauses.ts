/** Pauses of healing, by people. */
import { z } from 'zod';
import { BallastError } from '../../lib/errors.js';
import { json, type Endpoint } from '../../lib/http/endpoints.js';
import { pauseSchema, pausesResponseSchema, type Pause } from '../client/index.js';
import { pauseRequestSchema } from './pause.js';
import { notPast, notWritten, parse, scopeOf } from './request.js';
import type { ApiParts } from './routes.js';
import { requireScope } from './subjects.js';

const removeQuery = z.object({ scope: z.string(), author: z.string().default('unknown') });

export const pauseEndpoints = ({ pauses, now, ...subjects }: ApiParts): readonly Endpoint[] => [
  {
    method: 'get',
    path: '/v1/pause',
    summary: 'What is paused, by whom, why, and until when',
    answer: json(pausesResponseSchema),
    handle: (_req, res) => void res.json(z.encode(pausesResponseSchema, { pauses: [...pauses.list()] })),
  },
  {
    method: 'post',
    path: '/v1/pause',
    summary: 'Pauses healing of everything, a service or an instance',
    body: json(pauseRequestSchema),
    answer: json(pauseSchema),
    status: 201,
    problems: { 404: 'no such service or instance', 409: 'somebody else changed it just now', ...notWritten },
    handle: async (req, res) => {
      const body = parse(pauseRequestSchema, req.body, 'body');
      const pause: Pause = { kind: 'pause', ...body, scope: scopeOf(body.scope), since: now() };
      notPast(pause.until, now(), 'the pause');
      requireScope(subjects, pause.scope);
      await pauses.put(pause);
      res.status(201).json(z.encode(pauseSchema, pause));
    },
  },
  {
    method: 'delete',
    path: '/v1/pause',
    summary: 'Ends a pause',
    query: { scope: 'What was paused: all, SERVICE or SERVICE/INSTANCE', author: 'Who ends it' },
    answer: json(z.object({ scope: z.string() })),
    problems: { 404: 'it is not paused', ...notWritten },
    handle: async (req, res) => {
      const query = parse(removeQuery, req.query, 'query');
      const scope = scopeOf(query.scope);
      if (!(await pauses.remove(scope, query.author)))
        throw new BallastError('NOT_PAUSED', `${scope} is not paused`, {
          status: 404,
          hint: 'GET /v1/pause lists what is',
        });
      res.json({ scope });
    },
  },
];
