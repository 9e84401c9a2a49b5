/** The HTTP side of a demo service: work under any path, beside `/metrics`, `/health` and the fault control. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { isFaultName, treat } from '../faults.js';
import type { Faults } from './faulty.js';
import type { Metrics } from './metrics.js';
import { readNoise, type Noise } from './noise.js';

/** The work of one request: some milliseconds, half of them holding a connection of the pool. */
const ownMs = 3;
const queryMs = 4;

const send = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
};

const work = async (metrics: Metrics, extraMs: number): Promise<void> => {
  metrics.poolInUse.inc();
  await delay(queryMs);
  metrics.poolInUse.dec();
  await delay(ownMs + extraMs);
};

export interface ServiceOptions {
  readonly id: string;
  readonly startedAt: number;
  readonly metrics: Metrics;
  readonly faults: Faults;
  readonly noise: Noise;
}

export const createService = ({ id, startedAt, metrics, faults, noise }: ServiceOptions): Server => {
  let served = 0;

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { answers, extraMs, ...treated } = treat(faults.active, (served += 1));
    const status = noise.failsRequest() ? 500 : treated.status;
    metrics.inFlight.inc();
    response.once('close', () => metrics.inFlight.dec());
    const observe = metrics.duration.startTimer({ method: request.method ?? 'GET', route: '/' });
    request.resume();
    if (!answers) return;
    await work(metrics, extraMs);
    if (response.destroyed) return;
    send(response, status, status === 200 ? { instance: id, ok: true } : { instance: id, error: 'told to fail' });
    observe({ status_code: String(status) });
  };

  const control = async (name: string, response: ServerResponse): Promise<void> => {
    if (name === 'none') await faults.lift();
    else if (isFaultName(name)) await faults.set(name);
    else {
      send(response, 404, { error: `no such fault: ${name}` });
      return;
    }
    send(response, 200, { instance: id, faults: [...faults.active] });
  };

  const weather = (query: string | undefined, response: ServerResponse): void => {
    const asked = readNoise(new URLSearchParams(query));
    if (asked) noise.set(asked.level, asked.seed);
    send(response, asked ? 200 : 400, asked ?? { error: 'errors and lost_scrapes are shares, seed is a number' });
  };

  const page = async (response: ServerResponse): Promise<void> => {
    const fate = noise.fateOfScrape();
    if (fate === 'hangs') return;
    const text = await metrics.registry.metrics();
    response.writeHead(200, { 'content-type': metrics.registry.contentType });
    if (fate === 'served') response.end(text);
    else response.write(text.slice(0, text.length / 2), () => response.destroy());
  };

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = '/', query] = (request.url ?? '/').split('?', 2);
    if (path === '/metrics') await page(response);
    else if (path === '/health') send(response, 200, { instance: id, startedAt: new Date(startedAt).toISOString() });
    else if (path.startsWith('/fault/') && request.method === 'POST') await control(path.slice(7), response);
    else if (path === '/noise' && request.method === 'POST') weather(query, response);
    else await serve(request, response);
  };

  // NGINX keeps idle connections for 60 s; closing them first would lose the request that is just on its way.
  return createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
    route(request, response).catch((error: unknown) => {
      metrics.logged.inc({ level: 'error' });
      process.stderr.write(`${id}: ${String(error)}\n`);
      if (!response.headersSent) send(response, 500, { instance: id, error: 'unexpected' });
    });
  });
};
