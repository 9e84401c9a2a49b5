import { createServer, type Server } from 'node:http';
import express from 'express';
import helmet from 'helmet';
import { BallastError, messageOf } from '../errors.js';
import type { Log } from '../log.js';
import { isLoopback, onlyFromHere, requireToken } from './access.js';
import { bodyLimit, keepBytes } from './body.js';
import { lifetimeOf } from './lifetime.js';
import { problemHandler, problemOf, sendProblem } from './problem.js';

export interface Readiness {
  readonly ready: boolean;
  readonly why: string;
}

/** What `/metrics` answers, written at each question; a registry of prom-client is one. */
export interface MetricsPage {
  readonly contentType: string;
  metrics(): Promise<string>;
}

export interface AppOptions {
  readonly log: Log;
  readonly name: string;
  readonly version: string;
  /** Empty: loopback only. */
  readonly tokens: readonly string[];
  readonly metrics: MetricsPage;
  readonly ready: () => Readiness;
  /** Registers the routes on the app itself, not on routers of their own: only there a wrong method is told from a wrong path. */
  readonly routes: (app: express.Express) => void;
}

const tokensRequired = 'tokens required';

const addProbes = (app: express.Express, { name, version, ready }: AppOptions): void => {
  app.get('/-/healthy', (_req, res) => void res.json({ name, version, healthy: true }));
  app.get('/-/ready', (_req, res) => {
    const state = ready();
    res.status(state.ready ? 200 : 503).json({ name, version, ...state });
  });
};

const addMetrics = (app: express.Express, metrics: MetricsPage): void => {
  app.get('/metrics', async (_req, res) => void res.type(metrics.contentType).send(await metrics.metrics()));
};

/** Whether a request path is one of a route's: `:name` stands for one segment, `*name` for all the rest. */
const covers = (pattern: string, path: string): boolean => {
  const [asked, served] = [path.split('/').filter(Boolean), pattern.split('/').filter(Boolean)];
  const rest = served.findIndex((segment) => segment.startsWith('*'));
  const fixed = rest < 0 ? served : served.slice(0, rest);
  const lengthFits = rest < 0 ? asked.length === fixed.length : asked.length > fixed.length;
  return lengthFits && fixed.every((segment, at) => segment.startsWith(':') || segment === asked[at]);
};

/** Methods that a path would take; empty for a path that nobody serves. */
const methodsOf = (app: express.Express, path: string): string[] => {
  const found = new Set<string>();
  for (const { route } of app.router.stack)
    if (route && covers(route.path, path)) for (const { method } of route.stack) found.add(method.toUpperCase());
  if (found.has('GET')) found.add('HEAD');
  return [...found].sort();
};

const fallThrough =
  (app: express.Express): express.RequestHandler =>
  (req, res) => {
    const allowed = methodsOf(app, req.path);
    if (allowed.length === 0) return sendProblem(res, problemOf(404, 'NOT_FOUND', `nothing is served at ${req.path}`));
    res.set('Allow', allowed.join(', '));
    sendProblem(
      res,
      problemOf(405, 'METHOD_NOT_ALLOWED', `${req.path} does not take ${req.method}`, `it takes ${allowed.join(', ')}`),
    );
  };

/**
 * An Express app with what both services need: security headers, token or loopback check, JSON bodies, `/metrics`,
 * `/-/healthy` and `/-/ready` (both open, for load balancers), and problem+json for everything that goes wrong.
 */
export const createApp = (options: AppOptions): express.Express => {
  const app = express();
  const guarded = options.tokens.length > 0;
  app.set(tokensRequired, guarded).disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(helmet());
  app.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store');
    next();
  });
  if (!guarded) app.use(onlyFromHere);
  addProbes(app, options);
  if (guarded) app.use(requireToken(options.tokens));
  addMetrics(app, options.metrics);
  app.use(express.json({ limit: bodyLimit, verify: keepBytes }));
  options.routes(app);
  app.use(fallThrough(app));
  app.use(problemHandler(options.log));
  return app;
};

export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Stops accepting, answers the reads that wait, drops idle connections; those still busy after a second are cut. */
  close(): Promise<void>;
}

const drainMs = 1_000;

const bind = (server: Server, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new BallastError('CANNOT_LISTEN', `cannot listen on ${host}:${port}: ${messageOf(error)}`, {
          hint: 'is it running already? choose another address in config/ballast.yaml',
          cause: error,
        }),
      ),
    );
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });

const shut = (server: Server, lifetime: AbortController): Promise<void> =>
  new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), drainMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    lifetime.abort(new Error('the server closes'));
    server.closeIdleConnections();
  });

/** Binds the app; port 0 takes a free one. Refuses an address that others can reach while no tokens are configured. */
export const listen = async (
  app: express.Express,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> => {
  if (!isLoopback(host) && !app.enabled(tokensRequired))
    throw new BallastError('TOKENS_REQUIRED', `listening on ${host} needs tokens: others can reach it`, {
      hint: 'set tokens for this service in config/ballast.yaml, or listen on 127.0.0.1',
    });
  const server = createServer(app);
  const bound = await bind(server, host, port);
  const name = host.includes(':') ? `[${host}]` : host;
  let closing: Promise<void> | null = null;
  return {
    url: `http://${name}:${bound}`,
    port: bound,
    close: () => (closing ??= shut(server, lifetimeOf(app))),
  };
};
