import type { Express, Request, Response } from 'express';
import { z } from 'zod';
import { BallastError } from '../../lib/errors.js';
import { issuesText } from '../../lib/http/issues.js';
import { serve, type Endpoint } from '../../lib/http/endpoints.js';
import {
  actionSchema,
  instanceViewSchema,
  journalEntrySchema,
  type LeaderView,
  leaderViewSchema,
  type Pause,
  pauseSchema,
  planSchema,
} from '../client/index.js';
import type { Gateway } from '../gateway/types.js';
import type { Journal } from '../journal/index.js';
import type { Plan } from '../client/index.js';
import { canonicalScope, pauseRequestSchema } from './pause.js';
import { previewEndpoint, type RunPreview } from './preview.js';
import { allActions, appliedWeight, instanceViews, type Shown } from './views.js';

export interface ApiParts {
  /** Null until the first decision. */
  readonly shown: () => Shown | null;
  readonly leader: () => LeaderView;
  readonly gateway: Gateway | null;
  readonly journal: Journal;
  readonly pauses: {
    list(): readonly Pause[];
    put(pause: Pause): Promise<void>;
    /** False: there was none. */
    remove(scope: string, author: string): Promise<boolean>;
  };
  readonly planText: (plan: Plan) => string;
  readonly now: () => number;
  readonly preview?: RunPreview;
  /** What is said and done about the configuration. */
  readonly configuration?: readonly Endpoint[];
}

const listQuery = z.object({
  service: z.string().optional(),
  instance: z.string().optional(),
  action: z.string().optional(),
  after: z.coerce.number().int().nonnegative().optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(200),
});

const parse = <S extends z.ZodType>(schema: S, value: unknown, where: string): z.output<S> => {
  const result = schema.safeDecode(value as z.input<S>);
  if (result.success) return result.data;
  throw new BallastError('INVALID_REQUEST', issuesText(result.error, where), {
    status: 400,
  });
};

const decided = (parts: ApiParts): Shown => {
  const shown = parts.shown();
  if (shown) return shown;
  throw new BallastError('NOT_READY', 'nothing was decided yet', {
    status: 503,
    hint: 'ask /-/ready for what it waits for',
  });
};

/** The scheduler's HTTP API under `/v1`. GET never changes anything. */
export const routes =
  (parts: ApiParts) =>
  (app: Express): void => {
    app.get('/v1/instances', (_req, res) => {
      res.json({ instances: instanceViews(decided(parts)).map((view) => instanceViewSchema.encode(view)) });
    });
    app.get('/v1/plan', (req, res) => {
      sendPlan(parts, req, res);
    });
    app.get('/v1/upstreams/:name', (req, res) => {
      res.json(upstream(parts, req.params.name));
    });
    app.get('/v1/actions', (req, res) => {
      const { limit } = parse(listQuery, req.query, 'query');
      const actions = allActions(decided(parts).world, parts.journal.actions(limit), limit);
      res.json({ actions: actions.map((action) => actionSchema.encode(action)) });
    });
    app.get('/v1/journal', (req, res) => {
      const { limit, service, instance, action, after } = parse(listQuery, req.query, 'query');
      const given = { service, instance, action, after };
      const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      const entries = parts.journal.read({ limit, ...filter });
      res.json({ entries: entries.map((entry) => journalEntrySchema.encode(entry)) });
    });
    app.get('/v1/leader', (_req, res) => {
      res.json(leaderViewSchema.encode(parts.leader()));
    });
    pauseRoutes(parts, app);
    serve(app, [...(parts.preview ? [previewEndpoint(parts.preview)] : []), ...(parts.configuration ?? [])]);
  };

const pauseRoutes = ({ pauses, now }: ApiParts, app: Express): void => {
  app.get('/v1/pause', (_req, res) => {
    res.json({ pauses: pauses.list().map((pause) => pauseSchema.encode(pause)) });
  });
  app.post('/v1/pause', async (req, res) => {
    const body = parse(pauseRequestSchema, req.body, 'body');
    const pause: Pause = { kind: 'pause', ...body, scope: scopeOf(body.scope), since: now() };
    if (pause.until !== null && pause.until <= now())
      throw new BallastError('INVALID_REQUEST', 'until lies in the past: the pause would never hold', { status: 400 });
    await pauses.put(pause);
    res.status(201).json(pauseSchema.encode(pause));
  });
  app.delete('/v1/pause', async (req, res) => {
    const query = parse(z.object({ scope: z.string(), author: z.string().default('unknown') }), req.query, 'query');
    const scope = scopeOf(query.scope);
    if (!(await pauses.remove(scope, query.author)))
      throw new BallastError('NOT_PAUSED', `${scope} is not paused`, {
        status: 404,
        hint: 'GET /v1/pause lists what is',
      });
    res.json({ scope });
  });
};

const scopeOf = (text: string): string => {
  const scope = canonicalScope(text);
  if (scope !== null) return scope;
  throw new BallastError('INVALID_REQUEST', `scope "${text}" is none`, {
    status: 400,
    hint: 'all, SERVICE or SERVICE/INSTANCE',
  });
};

const sendPlan = (parts: ApiParts, req: Request, res: Response): void => {
  const { plan } = decided(parts).decision;
  if (req.accepts(['application/json', 'text/plain']) === 'text/plain')
    res.type('text/plain').send(parts.planText(plan));
  else res.json(planSchema.encode(plan));
};

const upstream = (parts: ApiParts, name: string): Record<string, unknown> => {
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
    provenAt: view?.provenAt ? new Date(view.provenAt).toISOString() : null,
    reloads: view?.reloads ?? 0,
    failures: view?.failures ?? 0,
    last: view?.last ? { ...view.last, at: new Date(view.last.at).toISOString() } : null,
    rendered: parts.gateway?.rendered(name) ?? null,
  };
};
