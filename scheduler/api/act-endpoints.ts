/** `POST /v1/instances/…/drain` and its like, and what was said so far. */
import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { BallastError } from '../../lib/errors.js';
import { json, queried, type Endpoint } from '../../lib/http/endpoints.js';
import { type ActName, actNames, actRequestSchema, actResponseSchema, actsResponseSchema } from '../client/index.js';
import type { Acts, Asking } from './acts.js';
import { decided, isDryRun, param, parse, undecided } from './request.js';
import { findTarget, type Subjects } from './subjects.js';

export interface ActParts extends Subjects {
  readonly acts: Acts;
}

const summaries: Readonly<Record<ActName, string>> = {
  drain: 'Takes an instance out of rotation, as the minimum lets, until it is restored or the time is over',
  restore: 'Takes an instance back: ends its drain, its quarantine, and an order that nobody began',
  gentle: 'Orders the mild step of its ladder: drained, asked by HTTP to mend itself, verified',
  restart: 'Orders a restart: drained, restarted, verified',
  replace: 'Orders another process in its place: drained, replaced, verified',
};

const casOf = (text: string | undefined): number | null => {
  if (text === undefined) return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new BallastError('INVALID_REQUEST', `cas "${text.slice(0, 40)}" is no index`, { status: 400 });
};

const keyOf = (req: Request): string | null => {
  const key = req.get('idempotency-key') ?? null;
  if (key === null || /^[\x21-\x7e]{1,200}$/.test(key)) return key;
  throw new BallastError('INVALID_REQUEST', 'the Idempotency-Key must be 1 to 200 visible characters', { status: 400 });
};

const askingOf = (req: Request): Asking => ({
  dryRun: isDryRun(req),
  cas: casOf(queried(req, 'cas')),
  key: keyOf(req),
});

const handle =
  (parts: ActParts, act: ActName): RequestHandler =>
  async (req, res) => {
    const last = decided(parts);
    const target = findTarget(parts, last, param(req, 'service'), param(req, 'instance'));
    const body = parse(actRequestSchema, req.body ?? {}, 'body');
    const answer = await parts.acts.perform(last, act, target, body, askingOf(req));
    res.status(answer.dryRun ? 200 : 202).json(z.encode(actResponseSchema, answer));
  };

const endpointOf = (parts: ActParts, act: ActName, path: string, more: string): Endpoint => ({
  method: 'post',
  path: `/v1/instances/${path}/${act}`,
  summary: summaries[act] + more,
  query: {
    dry_run: 'Answer with every verdict and what would be, and write nothing',
    cas: 'Only if what was said of it is still at this index; 0: only if nothing was',
  },
  body: json(actRequestSchema),
  answer: json(actResponseSchema),
  status: 202,
  also: { 200: 'a dry run' },
  problems: {
    404: 'there is no such instance',
    409: 'the guardrail that refuses (its code), CAS_MISMATCH, ORDER_PENDING, NOT_OUT, AMBIGUOUS_NAME or CONFLICT',
    422: 'the Idempotency-Key came with another request before',
    503: 'Consul does not answer, or nothing was decided yet, of this service or at all',
  },
  handle: handle(parts, act),
});

export const actEndpoints = (parts: ActParts): readonly Endpoint[] => [
  {
    method: 'get',
    path: '/v1/acts',
    summary: 'What people said of instances: drains and orders, each with its index',
    answer: json(actsResponseSchema),
    problems: undecided,
    handle: (_req, res) => void res.json(z.encode(actsResponseSchema, parts.acts.list(decided(parts)))),
  },
  ...actNames.flatMap((act) => [
    endpointOf(parts, act, ':service/:instance', ''),
    endpointOf(parts, act, ':instance', '; by the id alone where it is unique'),
  ]),
];
