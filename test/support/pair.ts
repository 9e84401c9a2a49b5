/** Engine and scheduler as they run, between a real Consul and a real NGINX, with services that do as they are told. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { createEngineClient, type EngineClient } from '../../engine/client/index.js';
import { runEngine } from '../../engine/main.js';
import { systemClock } from '../../lib/clock.js';
import { createClient, type HttpClient } from '../../lib/http/client.js';
import {
  actionSchema,
  gatewayViewSchema,
  instanceViewSchema,
  journalEntrySchema,
  leaderViewSchema,
} from '../../scheduler/client/index.js';
import { runScheduler } from '../../scheduler/main.js';
import { startConsul, type RunningConsul } from './consul.js';
import { startInstance, type FakeInstance } from './instance.js';
import { hearLog, type HeardLog } from './log.js';
import { startNginx, type TestNginx } from './nginx.js';
import { freePort } from './ports.js';

export const upstreams = ['orders', 'users'] as const;
const perService = 3;

/** One of the fleet: where it stands in Consul, and the process that can be told. */
export interface Member {
  readonly id: string;
  readonly service: string;
  readonly process: FakeInstance;
}

const serviceFile = (service: string, folder: string): unknown => ({
  service,
  scrape: { path: '/metrics', interval: '500ms', timeout: '400ms' },
  metrics: {
    process_up: { level: 'system', up: true, weight: 1, cap: 0, good: 1, critical: 0 },
    error_ratio: {
      ratio: { bad: 'requests_total{status="500"}', total: 'requests_total' },
      ...{ good: '1%', critical: '10%', weight: 0.1, cap: 20 },
    },
    cpu: { query: 'cpu_share', good: '70%', critical: '95%', weight: 0.1, cap: 60 },
    memory: { query: 'memory_share', good: '75%', critical: '95%', weight: 0.1, cap: 40 },
  },
  traffic: { upstream: service, slow_start: '1s', breaker: { open: '2s', quiet: '2s' } },
  // Nothing is ever to be healed here: whoever is leaves a file behind.
  heal: { mode: 'act', after: '3s', after_down: '3s' },
  runtime: {
    exec: {
      restart: ['/usr/bin/touch', join(folder, 'healed', '{{instance.id}}')],
      pid_file: join(folder, 'pids', '{{instance.id}}'),
    },
  },
});

interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

const stopped: Running = { url: 'http://127.0.0.1:1', stop: async () => undefined };

export class Pair {
  readonly members: Member[] = [];
  engineLog: HeardLog = hearLog();
  schedulerLog: HeardLog = hearLog();
  private running: readonly Running[] = [];
  private engineUrl = stopped.url;
  private schedulerUrl = stopped.url;

  private constructor(
    readonly folder: string,
    readonly consul: RunningConsul,
    readonly nginx: TestNginx,
  ) {}

  /** Everything but engine and scheduler: Consul, NGINX, the fleet, its registrations and the configuration. */
  static async create(): Promise<Pair> {
    const folder = await mkdtemp(join(tmpdir(), 'ballast-pair-'));
    const consul = await startConsul();
    const nginx = await startNginx({ upstreams });
    const pair = new Pair(folder, consul, nginx);
    for (const name of ['config/services', 'templates', 'data', 'healed', 'pids'])
      await mkdir(join(folder, name), { recursive: true });
    for (const service of upstreams)
      for (let nth = 1; nth <= perService; nth++)
        pair.members.push({ id: `${service}-${nth}`, service, process: await startInstance() });
    for (const { id } of pair.members) await writeFile(join(folder, 'pids', id), `${process.pid}\n`);
    await pair.register();
    await pair.configure();
    return pair;
  }

  get config(): string {
    return join(this.folder, 'config');
  }

  async register(): Promise<void> {
    for (const { id, service, process } of this.members)
      await this.put('/v1/agent/service/register', {
        ...{ ID: id, Name: service, Address: '127.0.0.1', Port: process.port },
      });
  }

  async put(path: string, body: unknown): Promise<Response> {
    return fetch(`${this.consul.url}${path}`, { method: 'PUT', body: JSON.stringify(body) });
  }

  private async configure(): Promise<void> {
    const { binary, prefix, config, directory, mark } = this.nginx.config;
    const [enginePort, schedulerPort] = [await freePort(), await freePort()];
    const ballast = {
      consul: { url: this.consul.url, prefix: 'ballast-pair/', session: { ttl: '10s', renew: '2s', lock_delay: '1s' } },
      engine: { listen: { port: enginePort }, data: join(this.folder, 'data/engine') },
      scheduler: {
        listen: { port: schedulerPort },
        data: join(this.folder, 'data/scheduler'),
        engine: { url: `http://127.0.0.1:${enginePort}` },
      },
      gateway: {
        ...{ binary, prefix, config, directory, mark: { port: mark.port }, templates: join(this.folder, 'templates') },
        reloads: { routine: '100ms', burst: 100, urgent: '10ms', gather_quiet: '10ms', gather_max: '50ms' },
      },
    };
    await writeFile(join(this.config, 'ballast.yaml'), stringify(ballast));
    for (const service of upstreams)
      await writeFile(join(this.config, 'services', `${service}.yaml`), stringify(serviceFile(service, this.folder)));
  }

  /** Starts both services; rejects with what the first of them says. */
  async start(): Promise<void> {
    this.engineLog = hearLog();
    this.schedulerLog = hearLog();
    const options = { configDirectory: this.config, clock: systemClock };
    const engine = await runEngine({ ...options, log: this.engineLog.log });
    this.running = [engine];
    const scheduler = await runScheduler({ ...options, log: this.schedulerLog.log });
    this.running = [scheduler, engine];
    this.engineUrl = engine.url;
    this.schedulerUrl = scheduler.url;
  }

  async stop(): Promise<void> {
    for (const service of this.running) await service.stop();
    this.running = [];
  }

  async remove(): Promise<void> {
    await this.stop();
    for (const { process } of this.members) await process.close();
    await this.nginx.stop();
    await this.consul.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  member(id: string): Member {
    const found = this.members.find((member) => member.id === id);
    if (!found) throw new Error(`no member ${id}`);
    return found;
  }

  get engine(): EngineClient {
    return createEngineClient(createClient({ baseUrl: this.engineUrl, timeoutMs: 5_000 }));
  }

  private get scheduler(): HttpClient {
    return createClient({ baseUrl: this.schedulerUrl, timeoutMs: 5_000 });
  }

  async zones(): Promise<Readonly<Record<string, string>>> {
    const { value } = await this.engine.scores(null, new AbortController().signal);
    return Object.fromEntries(
      value.services.flatMap(({ instances }) => instances.map(({ instance, zone }) => [instance, zone] as const)),
    );
  }

  async instances() {
    return (await this.scheduler.get('/v1/instances', z.object({ instances: z.array(instanceViewSchema) }))).value
      .instances;
  }

  /** Served weights, as the scheduler says. */
  async weights(): Promise<Readonly<Record<string, number | null>>> {
    return Object.fromEntries((await this.instances()).map(({ instance, applied }) => [instance, applied]));
  }

  async leader() {
    return (await this.scheduler.get('/v1/leader', leaderViewSchema)).value;
  }

  async gateway() {
    const schema = gatewayViewSchema.pick({ revision: true, last: true });
    return (await this.scheduler.get('/v1/upstreams/orders', schema)).value;
  }

  async journal() {
    const schema = z.object({ entries: z.array(journalEntrySchema) });
    return (await this.scheduler.get('/v1/journal', schema, { query: { limit: 1_000 } })).value.entries;
  }

  /** Instances that somebody healed or began to heal: from the API, and from what the restart command leaves. */
  async healed(): Promise<readonly string[]> {
    const schema = z.object({ actions: z.array(actionSchema) });
    const { actions } = (await this.scheduler.get('/v1/actions', schema)).value;
    return [...actions.map(({ instance }) => instance), ...(await readdir(join(this.folder, 'healed')))];
  }

  /** Status and reason of `/-/ready` of both. */
  async ready(): Promise<{ readonly engine: string; readonly scheduler: string }> {
    const ask = async (url: string): Promise<string> => {
      const answer = await fetch(`${url}/-/ready`);
      return `${answer.status} ${await answer.text()}`;
    };
    return { engine: await ask(this.engineUrl), scheduler: await ask(this.schedulerUrl) };
  }
}
