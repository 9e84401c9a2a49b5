/** What was done: actions, and every line of the journal. */
import { z } from 'zod';
import { json, type Endpoint } from '../../lib/http/endpoints.js';
import { actionsResponseSchema, journalReportSchema, journalResponseSchema } from '../client/index.js';
import { decided, limited, limitSchema, parse, undecided } from './request.js';
import type { ApiParts } from './routes.js';
import { allActions } from './views.js';

const actionsQuery = z.object({ limit: limitSchema });

const journalQuery = z.object({
  service: z.string().optional(),
  instance: z.string().optional(),
  action: z.string().optional(),
  after: z.coerce.number().int().nonnegative().optional(),
  limit: limitSchema,
});

export const journalEndpoints = (parts: ApiParts): readonly Endpoint[] => [
  {
    method: 'get',
    path: '/v1/actions',
    summary: 'Healing actions, those in flight and those that ended, newest first',
    query: limited,
    answer: json(actionsResponseSchema),
    problems: undecided,
    handle: (req, res) => {
      const { limit } = parse(actionsQuery, req.query, 'query');
      const actions = allActions(decided(parts).world, parts.journal.actions(limit), limit);
      res.json(z.encode(actionsResponseSchema, { actions }));
    },
  },
  {
    method: 'get',
    path: '/v1/journal',
    summary: 'Lines of the journal, oldest first: the newest of them, or those after one',
    query: {
      service: 'Only of this service',
      instance: 'Only of this instance',
      action: 'Only of this action, by its id',
      after: 'Only lines with a larger sequence number',
      ...limited,
    },
    answer: json(journalResponseSchema),
    handle: (req, res) => {
      const { limit, ...given } = parse(journalQuery, req.query, 'query');
      const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      res.json(z.encode(journalResponseSchema, { entries: [...parts.journal.read({ limit, ...filter })] }));
    },
  },
  {
    method: 'get',
    path: '/v1/journal/verify',
    summary: 'Whether the journal is whole: each act between its intent and its outcome, in order, no line missing',
    answer: json(journalReportSchema),
    handle: async (_req, res) => void res.json(z.encode(journalReportSchema, await parts.verifyJournal())),
  },
];
