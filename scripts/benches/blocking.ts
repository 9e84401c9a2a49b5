/**
 * Readers that wait: what they cost while nothing changes, and how soon all have heard of a change. The engine's HTTP API
 * runs in a process of its own over a board of scores; the readers are connections of this process that only count bytes.
 */
import { fork } from 'node:child_process';
import { Agent, get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { commandLine } from '../../lib/command-line.js';
import { print, type Row } from './parts/print.js';
import { serveBoard } from './parts/board.js';

const usage = 'scripts/bench blocking [--json] [--short] [--clients 200] [--rounds 20]';

const option = { type: 'string' } as const;
const values = commandLine(usage, {
  options: {
    ...{ json: { type: 'boolean' }, short: { type: 'boolean' }, serve: option },
    ...{ clients: option, rounds: option },
  },
});

const plan = {
  clients: Number(values.clients ?? 200),
  rounds: Number(values.rounds ?? (values.short === true ? 5 : 20)),
  idleMs: values.short === true ? 3_000 : 10_000,
};

/** One clock for both processes: CLOCK_MONOTONIC, in milliseconds. */
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

const saidSchema = z.union([
  z.object({ kind: z.literal('url'), url: z.string() }),
  z.object({ kind: z.literal('changed'), at: z.number() }),
  z.object({ kind: z.literal('cpu'), ms: z.number(), waiting: z.number(), heapMb: z.number() }),
]);
type Said = z.infer<typeof saidSchema>;

const startServer = async (instances: number) => {
  const child = fork(fileURLToPath(import.meta.url), ['--serve', String(instances)]);
  const heard = <K extends Said['kind']>(kind: K): Promise<Extract<Said, { kind: K }>> =>
    new Promise((resolve) => {
      const listen = (message: unknown): void => {
        const said = saidSchema.parse(message);
        if (said.kind !== kind) return;
        child.off('message', listen);
        resolve(said as Extract<Said, { kind: K }>);
      };
      child.on('message', listen);
    });
  const { url } = await heard('url');
  const tell = <K extends 'changed' | 'cpu'>(kind: K) => {
    const answer = heard(kind);
    child.send(kind);
    return answer;
  };
  return { url, tell, stop: () => child.kill() };
};

interface Heard {
  readonly index: string;
  readonly headAt: number;
  readonly endAt: number;
  readonly bytes: number;
}

const ask = (url: string, agent: Agent, encoding: string, index: string | null): Promise<Heard> =>
  new Promise((resolve, reject) => {
    const query = index === null ? '' : `${url.includes('?') ? '&' : '?'}index=${index}&wait=5m`;
    get(url + query, { agent, headers: { 'accept-encoding': encoding } }, (answer) => {
      const headAt = now();
      let bytes = 0;
      answer.on('data', (part: Buffer) => (bytes += part.length));
      answer.on('end', () =>
        resolve({ index: String(answer.headers['x-ballast-index']), headAt, endAt: now(), bytes }),
      );
    }).on('error', reject);
  });

const quantile = (times: readonly number[], share: number): number => {
  const sorted = [...times].sort((a, b) => a - b);
  return Number((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN).toFixed(1));
};

/** Milliseconds of CPU of the serving process in each second while nothing changes. */
const idleCpu = async ({ tell }: Awaited<ReturnType<typeof startServer>>): Promise<number> => {
  await pause(1_000);
  const before = await tell('cpu');
  await pause(plan.idleMs);
  const after = await tell('cpu');
  return Number(((1_000 * (after.ms - before.ms)) / plan.idleMs).toFixed(2));
};

const measure = async (what: string, instances: number, path: string, encoding: string): Promise<Row> => {
  const server = await startServer(instances);
  const url = `${server.url}${path}`;
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const alone = await idleCpu(server);
  let { index } = await ask(url, agent, encoding, null);
  const readAll = (): Promise<Heard[]> =>
    Promise.all(Array.from({ length: plan.clients }, () => ask(url, agent, encoding, index)));
  const all: { head: number; end: number }[] = [];
  let waiting = readAll();
  const idle = await idleCpu(server);
  let bytes = 0;
  let wakeCpuMs = 0;
  for (let round = 0; round < plan.rounds; round += 1) {
    let before = await server.tell('cpu');
    while (before.waiting < plan.clients) {
      await pause(20);
      before = await server.tell('cpu');
    }
    const { at } = await server.tell('changed');
    const heard = await waiting;
    wakeCpuMs += (await server.tell('cpu')).ms - before.ms;
    all.push(...heard.map(({ headAt, endAt }) => ({ head: headAt - at, end: endAt - at })));
    bytes = heard[0]?.bytes ?? 0;
    index = heard[0]?.index ?? index;
    waiting = readAll();
  }
  const { heapMb } = await server.tell('cpu');
  waiting.catch(() => undefined);
  server.stop();
  agent.destroy();
  const heads = all.map(({ head }) => head);
  const ends = all.map(({ end }) => end);
  return {
    ...{ what, instances, encoding, clients: plan.clients, kilobytes: Math.round(bytes / 1024) },
    ...{ idleCpuMsPerSecondAlone: alone, idleCpuMsPerSecondWaiting: idle },
    ...{ toldMedianMs: quantile(heads, 0.5), toldLastMs: quantile(heads, 1) },
    ...{ readMedianMs: quantile(ends, 0.5), readLastMs: quantile(ends, 1) },
    ...{ wakeCpuMs: Number((wakeCpuMs / plan.rounds).toFixed(1)), heapMb },
  };
};

const main = async (): Promise<void> => {
  if (values.serve !== undefined) return serveBoard(Number(values.serve), now);
  const rows: Row[] = [];
  for (const [what, instances, path, encoding] of [
    ['one instance', 1_000, '/v1/scores/orders/orders-0', 'gzip'],
    ['a service', 10, '/v1/scores/orders', 'gzip'],
    ['a service', 100, '/v1/scores/orders', 'gzip'],
    ['a service, only what is red', 1_000, '/v1/scores/orders?filter=zone==red', 'gzip'],
    ['a service', 1_000, '/v1/scores/orders', 'gzip'],
    ['a service', 1_000, '/v1/scores/orders', 'identity'],
  ] as const)
    rows.push(await measure(what, instances, path, encoding));
  print(rows, values.json === true);
};

await main();
