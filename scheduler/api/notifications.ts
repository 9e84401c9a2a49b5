/** Who is told, what was told, and a test of it. */
import { z } from 'zod';
import { json, type Endpoint } from '../../lib/http/endpoints.js';
import {
  notificationsSchema,
  testRequestSchema,
  testResultSchema,
  type Notifications,
  type TestResult,
} from '../client/index.js';
import { parse } from './request.js';

export interface Telling {
  readonly view: () => Notifications;
  /** Rejects with a BallastError for a name that no webhook has. */
  readonly test: (webhook?: string) => Promise<TestResult>;
}

export const notificationEndpoints = ({ view, test }: Telling): readonly Endpoint[] => [
  {
    method: 'get',
    path: '/v1/notifications',
    summary: 'Webhooks and how it goes with them, the heartbeat, and the troubles that last now',
    answer: json(notificationsSchema),
    handle: (_req, res) => void res.json(z.encode(notificationsSchema, view())),
  },
  {
    method: 'post',
    path: '/v1/notifications/test',
    summary: 'Sends a test message at once, to one webhook or to all',
    body: json(testRequestSchema),
    answer: json(testResultSchema),
    problems: { 404: 'no webhook of that name, or none at all' },
    handle: async (req, res) => {
      const { webhook } = parse(testRequestSchema, req.body ?? {}, 'body');
      res.json(z.encode(testResultSchema, await test(webhook)));
    },
  },
];
