/**
 * What it costs to bring a page, without reading it: axios, Node's own HTTP with a kept agent, undici's pool, and the engine's
 * own reader of plain HTTP, all over kept connections, paced at 1,000 a second, in turns. CPU is this process's.
 */
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import axios from 'axios';
import { Plain } from '../../engine/scrape/plain.js';
import { Pooled } from '../../engine/scrape/pooled.js';
import type { Transport } from '../../engine/scrape/transport.js';
import type { Target, TargetKey } from '../../engine/model.js';
import { systemClock } from '../../lib/clock.js';
import { commandLine } from '../../lib/command-line.js';
import { addressOf } from './parts/addresses.js';
import { print, type Row } from './parts/print.js';
import { onStage, say, type Stage } from './parts/stage.js';

const usage = 'scripts/bench clients [--json] [--short] [--pages 4,20] [--seconds 15] [--rounds 3]';
const option = { type: 'string' } as const;
const values = commandLine(usage, {
  options: {
    ...{ json: { type: 'boolean' }, short: { type: 'boolean' } },
    ...{ pages: option, seconds: option, rounds: option },
  },
});

const short = values.short === true;
const pages = (values.pages ?? '4,20').split(',').map(Number);
const seconds = Number(values.seconds ?? (short ? 5 : 15));
const rounds = Number(values.rounds ?? (short ? 1 : 3));
const targets = 1_000;
const perSecond = 1_000;

/** Brings the page of one target and tells its length. */
type Client = (url: string) => Promise<number>;

const accept = { accept: 'text/plain;version=0.0.4', 'user-agent': 'ballast-bench' };

const axiosClient = (): Client => {
  const httpAgent = new Agent({ keepAlive: true });
  return async (url) => {
    const { data } = await axios.get<ArrayBuffer>(url, { httpAgent, headers: accept, responseType: 'arraybuffer' });
    return data.byteLength;
  };
};

const nodeClient = (): Client => {
  const agent = new Agent({ keepAlive: true });
  return (url) =>
    new Promise((resolve, reject) => {
      const request = get(url, { agent, headers: accept }, (response) => {
        let length = 0;
        response.on('data', (chunk: Buffer) => (length += chunk.length));
        response.on('end', () => resolve(length));
      });
      request.on('error', reject);
    });
};

const targetOf = (url: string): Target => ({
  ...{ key: url as TargetKey, url, level: 'app', intervalMs: 1_000, connectTimeoutMs: 1_000, timeoutMs: 5_000 },
  ...{ bodyLimitBytes: 1_000_000, mapping: { kind: 'whole', instances: [] } },
});

const byTransport = (transport: Transport): Client => {
  const { signal } = new AbortController();
  return (url) => transport.ask(targetOf(url), signal, (answer) => (answer.kind === 'body' ? answer.body.length : 0));
};

const clients: Readonly<Record<string, () => Client>> = {
  axios: axiosClient,
  'node:http': nodeClient,
  undici: () => byTransport(new Pooled(systemClock)),
  own: () => byTransport(new Plain(systemClock)),
};

/** Asks so many times, at the pace, and rejects if one page is not there. */
const load = async (client: Client, urls: readonly string[], count: number): Promise<void> => {
  const begun = performance.now();
  const all: Promise<number>[] = [];
  while (all.length < count) {
    const due = Math.min(count, Math.floor(((performance.now() - begun) * perSecond) / 1_000));
    while (all.length < due) all.push(client(urls[all.length % urls.length] ?? ''));
    await delay(5);
  }
  if ((await Promise.all(all)).includes(0)) throw new Error('a page could not be brought');
};

const bench = async (stage: Stage): Promise<void> => {
  const fleet = await stage.startFleet({ targets, intervalMs: 1_000, bytes: 1_024 * (pages[0] ?? 4) });
  const urls = Array.from({ length: targets }, (_, index) => `http://${addressOf(index)}:${fleet.port}/metrics`);
  const made = Object.entries(clients).map(([name, make]) => [name, make()] as const);
  const rows: Row[] = [];
  for (const page of pages) {
    await fleet.tell({ kind: 'show', bytes: 1_024 * page });
    const spent = new Map<string, number>();
    for (let round = 0; round < rounds; round++)
      for (const [name, client] of made) {
        await load(client, urls, 2 * targets);
        const before = process.cpuUsage();
        await load(client, urls, seconds * perSecond);
        const { user, system } = process.cpuUsage(before);
        const per1000 = (user + system) / 1e6 / seconds / (perSecond / 1_000);
        spent.set(name, (spent.get(name) ?? 0) + per1000 / rounds);
        say(`${page} KB: ${name} ${per1000.toFixed(4)} CPU s per 1,000`);
      }
    for (const [client, per1000] of spent)
      rows.push({ page: `${page}KB`, client, cpuPer1000: Math.round(per1000 * 10_000) / 10_000 });
  }
  print(rows, values.json === true);
};

await onStage(bench);
process.exit();
