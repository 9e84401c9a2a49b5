/** `POST /v1/instances/…/drain` and its like, and what was said so far. */
import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { BallastError } from '../../lib/errors.js';
import { json, queried, type Endpoint } from '../../lib/http/endpoints.js';
import { didYouMean } from '../../lib/spelling.js';
import { type ActName, actNames, actRequestSchema, actResponseSchema, actsResponseSchema } from '../client/index.js';
import type { Target } from './act-rules.js';
import { waitingFor } from '../facts.js';
import type { Acts, Asking } from './acts.js';
import { decided, isDryRun, param, parse, undecided } from './request.js';
import type { Shown } from './views.js';

export interface ActParts {
  readonly acts: Acts;
  readonly shown: () => Shown | null;
}

const summaries: Readonly<Record<ActName, string>> = {
  drain: 'Takes an instance out of rotation, as the minimum lets, until it is restored or the time is over',
  restore: 'Takes an instance back: ends its drain, its quarantine, and an order that nobody began',
  gentle: 'Orders the mild step of its ladder: drained, asked by HTTP to mend itself, verified',
  restart: 'Orders a restart: drained, restarted, verified',
  replace: 'Orders another process in its place: drained, replaced, verified',
};

/** By service and id, or by the id alone where one service only has it. */
const targetOf = (req: Request, { decision, world }: Shown): Target => {
  const [service, instance] = [param(req, 'service'), param(req, 'instance')];
  const all = decision.plan.services.flatMap((plan) =>
    plan.servers.map((server) => ({ service: plan.service, instance: server.instance })),
  );
  const found = all.filter((one) => one.instance === instance && (service === '' || one.service === service));
  const [only, other] = found;
  if (only && !other) return only;
  if (only)
    throw new BallastError('AMBIGUOUS_NAME', `${found.length} services have an instance "${instance}"`, {
      status: 409,
      hint: `write one of ${found.map((one) => `${one.service}/${one.instance}`).join(', ')}`,
    });
  const unheard = waitingFor(world).filter((name) => service === '' || name === service);
  if (unheard.length > 0)
    throw new BallastError('NOT_READY', `no answer from Consul yet for ${unheard.join(', ')}`, {
      status: 503,
      hint: 'ask again when /-/ready answers 200',
    });
  const asked = service === '' ? instance : `${service}/${instance}`;
  const names = all.map((one) => (service === '' ? one.instance : `${one.service}/${one.instance}`));
  throw new BallastError('NOT_FOUND', `there is no instance "${asked}"`, {
    status: 404,
    hint: didYouMean(asked, names) ?? 'GET /v1/instances lists those that there are',
  });
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
  ({ acts, shown }: ActParts, act: ActName): RequestHandler =>
  async (req, res) => {
    const last = decided({ shown });
    const target = targetOf(req, last);
    const body = parse(actRequestSchema, req.body ?? {}, 'body');
    const answer = await acts.perform(last, act, target, body, askingOf(req));
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
    503: 'Consul does not answer, or nothing was decided yet',
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
