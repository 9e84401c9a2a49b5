import type { Express } from 'express';
import { addRoutes, Board, EngineMetrics } from '../../engine/api/index.js';
import type { RoutesOptions } from '../../engine/api/routes.js';
import { systemClock } from '../../lib/clock.js';
import { createApp, listen, type Listening } from '../../lib/http/server.js';
import { createLog } from '../../lib/log.js';

export interface EngineApi {
  readonly app: Express;
  readonly board: Board;
  readonly server: Listening;
}

/** The engine's HTTP API over a board that the test fills; nothing is scraped or kept. */
export const startEngineApi = async (
  services: readonly string[],
  change: Partial<RoutesOptions> = {},
): Promise<EngineApi> => {
  const clock = change.clock ?? systemClock;
  const board = new Board(
    services.map((service) => ({ service, owner: null })),
    clock,
  );
  const metrics = new EngineMetrics({
    board,
    scraper: () => ({ targets: 0, running: 0, skipped: 0 }),
    store: () => ({ errors: 0, lostChunks: 0 }),
  });
  const app = createApp({
    log: createLog({ level: 'silent', name: 'test' }),
    name: 'ballast-engine',
    version: '0',
    tokens: [],
    metrics: metrics.registry,
    ready: () => ({ ready: board.ready, why: 'a test' }),
    routes: (to) => addRoutes(to, { board, clock, explain: () => null, ...change }),
  });
  return { app, board, server: await listen(app, { host: '127.0.0.1', port: 0 }) };
};
