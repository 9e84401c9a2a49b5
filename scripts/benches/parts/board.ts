/** The engine's HTTP API over a board of made-up scores, told by its parent when one of them changes. */
import { addRoutes, Board, EngineMetrics } from '../../../engine/api/index.js';
import type { InstanceScore } from '../../../engine/client/index.js';
import { systemClock } from '../../../lib/clock.js';
import { createApp, listen } from '../../../lib/http/server.js';
import { createLog } from '../../../lib/log.js';

/** No two instances are alike, as compression would make too little of them then. */
const cause = (name: string): InstanceScore['causes'][number] => ({
  ...{ name, level: 'app', source: 'query', value: Math.random(), absence: null, penalty: Math.random() },
  ...{
    pointsLost: 10 * Math.random(),
    blame: 'self',
    peersMedianPenalty: 0.1,
    traffic: false,
    moving: false,
    ceiling: false,
  },
});

const scoreOf = (nth: number, zone: InstanceScore['zone'], at: number): InstanceScore => ({
  ...{ service: 'orders', instance: `orders-${nth}`, node: 'n1', address: '10.0.0.1', port: 8080, consul: 'passing' },
  ...{
    zone,
    zoneSince: at,
    why: 'score 97 (green is from 80)',
    score: 97,
    smoothed: 97 + Math.random(),
    coverage: 1,
    at,
  },
  levels: (['app', 'system', 'gateway'] as const).map((level) => {
    return { level, weighted: 97 + Math.random(), score: 97, ceiling: null, coverage: 1 };
  }),
  up: { state: 'up', since: at, why: 'answers', by: 'answer' },
  ...{ evaluation: 9, streak: { zone, count: 9, since: at }, joinedAt: null, blackout: false },
  ...{ traffic: { requests: Math.floor(1e6 * Math.random()), since: at }, inFlight: 3, processStartedAt: at },
  causes: ['cpu', 'memory', 'latency_p95'].map(cause),
  ...{ intervalMs: 5_000, policy: 'p1' },
});

export const serveBoard = async (instances: number, now: () => number): Promise<void> => {
  const board = new Board([{ service: 'orders', owner: null }], systemClock);
  const at = systemClock.now();
  board.publish(
    'orders',
    Array.from({ length: instances }, (_, nth) => scoreOf(nth, 'green', at)),
  );
  const metrics = new EngineMetrics({
    board,
    scraper: () => ({ targets: 0, running: 0, skipped: 0 }),
    store: () => ({ errors: 0, lostChunks: 0, replaced: 0 }),
  });
  const app = createApp({
    ...{ log: createLog({ level: 'warn', name: 'bench' }), name: 'bench', version: '0', tokens: [] },
    ...{ metrics: metrics.registry, ready: () => ({ ready: true, why: '' }) },
    routes: (to) => addRoutes(to, { board, clock: systemClock, explain: () => null }),
  });
  const { url } = await listen(app, { host: '127.0.0.1', port: 0 });
  let red = false;
  process.on('message', (asked) => {
    if (asked === 'cpu') {
      const { user, system } = process.cpuUsage();
      const heapMb = Math.round(process.memoryUsage().heapUsed / 2 ** 20);
      process.send?.({ kind: 'cpu', ms: (user + system) / 1_000, waiting: board.waiting, heapMb });
      return;
    }
    red = !red;
    process.send?.({ kind: 'changed', at: now() });
    board.publish('orders', [scoreOf(0, red ? 'red' : 'green', systemClock.now())]);
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ kind: 'url', url });
};
