/** A server of nothing but the routes that a test asks, ready and silent, on a port of its own. */
import type { Express } from 'express';
import { Registry } from 'prom-client';
import { createApp, listen, type AppOptions, type Listening } from '../../lib/http/server.js';
import { createLog } from '../../lib/log.js';

export const appOf = (routes: AppOptions['routes']): Express =>
  createApp({
    log: createLog({ level: 'silent', name: 'test' }),
    name: 't',
    version: '0',
    tokens: [],
    metrics: new Registry(),
    ready: () => ({ ready: true, why: '' }),
    routes,
  });

export const listenTo = (routes: AppOptions['routes']): Promise<Listening> =>
  listen(appOf(routes), { host: '127.0.0.1', port: 0 });
