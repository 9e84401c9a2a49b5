import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What its metrics page is like. Whatever else it is asked, it answers. */
export type InstanceMode = 'well' | 'errors' | 'html' | 'huge' | 'broken' | 'endless' | 'nan' | 'duplicate';

export interface FakeInstance {
  readonly port: number;
  mode: InstanceMode;
  /** Scrapes answered. */
  readonly scrapes: number;
  close(): Promise<void>;
  /** At the same port again. */
  reopen(): Promise<void>;
}

const HUGE_BYTES = 100 * 1024 * 1024;

const spoilt = (page: string, mode: InstanceMode): string => {
  if (mode === 'nan') return page.replaceAll(/ \S+$/gm, ' NaN');
  return mode === 'duplicate' ? `${page}requests_total{status="500"} 999999\ncpu_share 1\n` : page;
};

/** Sends lines until the reader hangs up, or a hundred megabytes are through. */
const sendHuge = (response: ServerResponse): void => {
  const block = 'requests_total{status="200"} 1\n'.repeat(2_000);
  let sent = 0;
  const more = (): void => {
    while (sent < HUGE_BYTES && !response.destroyed) {
      sent += block.length;
      if (!response.write(block)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
};

/** A line now and then, for ever. */
const sendEndless = (response: ServerResponse): void => {
  const timer = setInterval(() => response.write('requests_total{status="200"} 1\n'), 20);
  response.once('close', () => clearInterval(timer));
};

/** A real HTTP server with a metrics page of its own, that does as it is told: each scrape shows fifty requests more. */
export const startInstance = async (): Promise<FakeInstance> => {
  const state = { mode: 'well' as InstanceMode, scrapes: 0, good: 0, bad: 0, startedAt: Math.floor(Date.now() / 1000) };
  const sockets = new Set<Socket>();
  const page = (): string => {
    const failed = state.mode === 'errors' ? 25 : 0;
    state.bad += failed;
    state.good += 50 - failed;
    return [
      `requests_total{status="200"} ${state.good}`,
      `requests_total{status="500"} ${state.bad}`,
      'cpu_share 0.2',
      'memory_share 0.3',
      `process_start_time_seconds ${state.startedAt}`,
      '',
    ].join('\n');
  };
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') return void response.end('served\n');
    state.scrapes += 1;
    if (state.mode === 'huge') return sendHuge(response);
    if (state.mode === 'endless') return sendEndless(response);
    if (state.mode === 'broken') return void response.writeHead(500).end('out of order');
    const html = state.mode === 'html';
    response.setHeader('Content-Type', html ? 'text/html' : 'text/plain; version=0.0.4');
    response.end(html ? '<!doctype html><html><body>Welcome</body></html>' : spoilt(page(), state.mode));
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const listen = (port: number): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    get mode() {
      return state.mode;
    },
    set mode(mode) {
      state.mode = mode;
    },
    get scrapes() {
      return state.scrapes;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
    reopen: () => listen(port),
  };
};
