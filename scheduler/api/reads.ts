/** What is decided and what is so: instances, the plan, upstreams, and who leads. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { BallastError } from '../../lib/errors.js';
import { json, text, type Endpoint } from '../../lib/http/endpoints.js';
import {
  instancesResponseSchema,
  leaderViewSchema,
  planSchema,
  upstreamViewSchema,
  type UpstreamView,
} from '../client/index.js';
import { decided, param, undecided } from './request.js';
import type { ApiParts } from './routes.js';
import { appliedWeight, instanceViews } from './views.js';

export const readEndpoints = (parts: ApiParts): readonly Endpoint[] => [
  {
    method: 'get',
    path: '/v1/instances',
    summary: 'Every instance: its lifecycle, its decided and its served weight, and what holds back its healing',
    answer: json(instancesResponseSchema),
    problems: undecided,
    handle: (_req, res) =>
      void res.json(z.encode(instancesResponseSchema, { instances: instanceViews(decided(parts)) })),
  },
  {
    method: 'get',
    path: '/v1/plan',
    summary: 'What should be served and done next, with reasons and verdicts; its canonical text for who accepts text',
    answer: json(planSchema),
    otherwise: text('orders -> upstream orders: healthy (traffic act, heal observe)'),
    problems: undecided,
    handle: (req, res) => {
      sendPlan(parts, req, res);
    },
  },
  {
    method: 'get',
    path: '/v1/upstreams/:name',
    summary: 'An upstream: decided beside served weights, the rendered block, and how the last try to serve it went',
    answer: json(upstreamViewSchema),
    problems: { 404: 'no such upstream', ...undecided },
    handle: (req, res) => void res.json(z.encode(upstreamViewSchema, upstream(parts, param(req, 'name')))),
  },
  {
    method: 'get',
    path: '/v1/leader',
    summary: 'Whether this scheduler leads, since when, and under which token',
    answer: json(leaderViewSchema),
    handle: (_req, res) => void res.json(z.encode(leaderViewSchema, parts.leader())),
  },
];

const sendPlan = (parts: ApiParts, req: Request, res: Response): void => {
  const { plan } = decided(parts).decision;
  if (req.accepts(['application/json', 'text/plain']) === 'text/plain')
    res.type('text/plain').send(parts.planText(plan));
  else res.json(z.encode(planSchema, plan));
};

const upstream = (parts: ApiParts, name: string): UpstreamView => {
  const { world, decision } = decided(parts);
  const plan = decision.plan.services.find((candidate) => candidate.upstream === name);
  if (!plan) {
    const known = decision.plan.services.flatMap((candidate) => candidate.upstream ?? []).join(', ');
    throw new BallastError('NOT_FOUND', `no upstream "${name}"`, { status: 404, hint: `known: ${known || 'none'}` });
  }
  const view = world.gateway;
  return {
    name,
    service: plan.service,
    mode: plan.mode.traffic,
    servers: plan.servers.map((server) => ({ ...server, applied: appliedWeight(view, plan, server.instance) })),
    revision: view?.revision ?? null,
    provenAt: view?.provenAt ?? null,
    reloads: view?.reloads ?? 0,
    failures: view?.failures ?? 0,
    last: view?.last ?? null,
    rendered: parts.gateway?.rendered(name) ?? null,
  };
};
