/** Maintenance: declared by people, and the windows that recur. */
import { z } from 'zod';
import { BallastError } from '../../lib/errors.js';
import { json, type Endpoint } from '../../lib/http/endpoints.js';
import type { MaintenanceWindow } from '../../config/index.js';
import { type Maintenance, maintenanceResponseSchema, maintenanceSchema } from '../client/index.js';
import { windowStates } from '../said.js';
import type { Controls } from './controls.js';
import { pauseRequestSchema } from './pause.js';
import { notPast, notWritten, parse, scopeOf } from './request.js';
import { requireScope, type Subjects } from './subjects.js';

/** Windows with the service that they are of; null: of all. */
export type Windows = readonly (readonly [service: string | null, windows: readonly MaintenanceWindow[]])[];

export interface MaintenanceParts extends Subjects {
  readonly controls: Pick<Controls, 'of' | 'put' | 'end'>;
  readonly windows: () => Windows;
  readonly now: () => number;
}

const removeQuery = z.object({ scope: z.string(), author: z.string().default('unknown') });

export const maintenanceEndpoints = ({
  controls,
  windows,
  now,
  ...subjects
}: MaintenanceParts): readonly Endpoint[] => [
  {
    method: 'get',
    path: '/v1/maintenance',
    summary: 'What is in maintenance by hand, and each recurring window: open until when, or when it begins next',
    answer: json(maintenanceResponseSchema),
    handle: (_req, res) =>
      void res.json(
        z.encode(maintenanceResponseSchema, {
          maintenance: [...controls.of('maintenance')],
          windows: windows().flatMap(([service, each]) => windowStates(each, service, now())),
        }),
      ),
  },
  {
    method: 'post',
    path: '/v1/maintenance',
    summary: 'Puts everything, a service or an instance into maintenance: nothing is healed, and it is no trouble',
    body: json(pauseRequestSchema),
    answer: json(maintenanceSchema),
    status: 201,
    problems: { 404: 'no such service or instance', 409: 'somebody else changed it just now', ...notWritten },
    handle: async (req, res) => {
      const body = parse(pauseRequestSchema, req.body, 'body');
      const maintenance: Maintenance = { kind: 'maintenance', ...body, scope: scopeOf(body.scope), since: now() };
      notPast(maintenance.until, now(), 'the maintenance');
      requireScope(subjects, maintenance.scope);
      await controls.put(maintenance);
      res.status(201).json(z.encode(maintenanceSchema, maintenance));
    },
  },
  {
    method: 'delete',
    path: '/v1/maintenance',
    summary: 'Ends a maintenance that was declared; a recurring window ends by itself',
    query: { scope: 'What is in maintenance: all, SERVICE or SERVICE/INSTANCE', author: 'Who ends it' },
    answer: json(z.object({ scope: z.string() })),
    problems: { 404: 'it is not in maintenance by hand', ...notWritten },
    handle: async (req, res) => {
      const query = parse(removeQuery, req.query, 'query');
      const scope = scopeOf(query.scope);
      if (!(await controls.end('maintenance', scope, query.author)))
        throw new BallastError('NOT_IN_MAINTENANCE', `nobody put ${scope} into maintenance`, {
          status: 404,
          hint: 'GET /v1/maintenance lists what is; a recurring window ends by itself',
        });
      res.json({ scope });
    },
  },
];
