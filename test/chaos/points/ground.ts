/** What outlives every scheduler that dies here: Consul, NGINX, the engine, the fleet and its clients; all real. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ServiceMemo, type ServicePolicy } from '../../../config/index.js';
import { requireConfiguration } from '../../../config/required.js';
import { runEngine, type RunningEngine } from '../../../engine/main.js';
import { type ConsulAccess, createConsul } from '../../../lib/consul/index.js';
import { type Ledger, ledgerSchema } from '../../../scheduler/client/index.js';
import { freePorts } from '../../../scripts/demo/environment/ports.js';
import { forgetPrefix } from '../../../scripts/demo/environment/consul.js';
import { Load } from '../../../scripts/demo/load/load.js';
import { type RunningConsul, startConsul } from '../../support/consul.js';
import { hearLog, type HeardLog } from '../../support/log.js';
import { startNginx, type TestNginx } from '../../support/nginx.js';
import { fastClock, type Pace } from './fast-clock.js';
import { type CrashFleet, service } from './fleet.js';
import { mortalNginx } from './mortal-nginx.js';
import type { Orders } from './orders.js';

const prefix = 'points/';
const requestsPerSecond = 40;

/**
 * Short waits; every guardrail in force. What is left of the time of a death is mostly the deadline of a step that died with its
 * scheduler, which nobody may shorten: grace and half a minute or a whole one.
 */
const serviceFile = (fleet: CrashFleet, { step, notify }: GroundOptions): unknown => ({
  service,
  scrape: { path: '/metrics', interval: '1s', timeout: '800ms' },
  metrics: {
    process_up: { level: 'system', up: true, weight: 1, cap: 0, good: 1, critical: 0 },
    sick: { level: 'app', query: 'sick', weight: 1, cap: 0, good: 0, critical: 1 },
  },
  scoring: { blackout: '1s' },
  traffic: { upstream: service, slow_start: '1s', breaker: { open: '2s', quiet: '2s', requests: 0, good_scores: 1 } },
  drain: { in_flight: 'requests_in_flight', deadline: '10s' },
  heal: {
    mode: 'act',
    after: '3s',
    after_down: '3s',
    green_for: '3s',
    grace: '1s',
    ladder: [step],
    notify: notify?.mode ?? 'each',
  },
  guardrails: { warm_up: '1s' },
  runtime: fleet.runtime,
});

/** As a service file has it. */
export type LadderItem =
  | { readonly do: 'gentle'; readonly post: string; readonly verify: string }
  | { readonly do: 'restart' }
  | { readonly do: 'replace'; readonly start_new_first: boolean };

export interface Notify {
  readonly url: string;
  /** `heal.notify` of the service, and how often it is summed up. */
  readonly mode: 'each' | 'summary';
  readonly summary: string;
  /** Resolves when all is told: schedulers are not ended before. Rejects if it never is. */
  readonly untilTold: () => Promise<unknown>;
}

export interface GroundOptions {
  readonly speed: number;
  readonly fleetIn: (state: string, pace: Pace) => Promise<CrashFleet>;
  /** The only one of the ladder. */
  readonly step: LadderItem;
  /** Whom schedulers tell; nobody unless given. */
  readonly notify?: Notify;
  /** Where Docker listens; null: it is not needed. */
  readonly dockerSocket: string | null;
}

export interface SeatPlan {
  readonly directory: string;
  readonly url: string;
}

export class Ground {
  readonly consulAccess: ConsulAccess;
  readonly load: Load;
  private engine: RunningEngine | null = null;
  private readonly heard: HeardLog = hearLog();

  private constructor(
    readonly state: string,
    readonly pace: Pace,
    readonly fleet: CrashFleet,
    readonly consul: RunningConsul,
    readonly nginx: TestNginx,
    readonly engineUrl: string,
    readonly options: GroundOptions,
  ) {
    this.consulAccess = createConsul({ url: consul.url, token: null, datacenter: null });
    const urls = [`${nginx.url}/${service}/`];
    this.load = new Load({ urls, perSecond: requestsPerSecond, gets: 1, timeoutMs: 10_000, connections: 'fresh' });
  }

  static async open(options: GroundOptions): Promise<Ground> {
    const { speed, fleetIn } = options;
    const state = await mkdtemp(join(tmpdir(), 'ballast-points-'));
    await chmod(state, 0o755);
    const pace = { origin: Date.now(), speed };
    const [enginePort = 0] = await freePorts(1);
    const fleet = await fleetIn(state, pace);
    const { consulAlsoAt } = fleet;
    const ground = new Ground(
      state,
      pace,
      fleet,
      await startConsul(consulAlsoAt === null ? {} : { hcl: `client_addr = "127.0.0.1 ${consulAlsoAt}"` }),
      await startNginx({ upstreams: [service] }),
      `http://127.0.0.1:${enginePort}`,
      options,
    );
    try {
      await ground.raise(enginePort);
    } catch (error) {
      await ground.close();
      throw error;
    }
    return ground;
  }

  private async raise(enginePort: number): Promise<void> {
    await this.fleet.start(this.consul.url);
    const { directory } = await this.seat('engine', enginePort);
    this.engine = await runEngine({ configDirectory: directory, clock: fastClock(this.pace), log: this.heard.log });
    this.load.start();
  }

  /** Writes the configuration of one scheduler, with nothing from before in its data folder. */
  async seat(name: string, enginePort = Number(new URL(this.engineUrl).port)): Promise<SeatPlan> {
    const [port = 0] = await freePorts(1);
    const directory = join(this.state, name);
    await rm(directory, { recursive: true, force: true });
    await mkdir(join(directory, 'services'), { recursive: true });
    const { prefix: nginxPrefix, config, directory: files, mark } = this.nginx.config;
    const { notify } = this.options;
    const binary = await mortalNginx(this.nginx.config.binary, fateOf(directory));
    const ballast = {
      consul: { url: this.consul.url, prefix, session: { ttl: '15s', renew: '3s', lock_delay: '1s' } },
      engine: { listen: { port: enginePort }, data: join(directory, 'data-engine') },
      scheduler: { listen: { port }, data: join(directory, 'data'), engine: { url: this.engineUrl } },
      gateway: {
        ...{ binary, prefix: nginxPrefix, config, directory: files, mark: { port: mark.port } },
        reloads: { routine: '100ms', burst: 100, urgent: '10ms', gather_quiet: '10ms', gather_max: '50ms' },
      },
      ...(notify ? { notify: { summary: notify.summary, webhooks: [{ name: 'test', url: notify.url }] } } : {}),
      ...(this.options.dockerSocket === null ? {} : { docker: { socket: join(directory, 'docker.sock') } }),
    };
    await writeFile(join(directory, 'ballast.yaml'), stringify(ballast));
    await writeFile(join(directory, 'services', `${service}.yaml`), stringify(serviceFile(this.fleet, this.options)));
    return { directory, url: `http://127.0.0.1:${port}` };
  }

  /** Where a scheduler's Docker is, and where it is made to believe that it is. */
  dockerFor(directory: string): Orders['docker'] {
    return this.options.dockerSocket === null
      ? null
      : { real: this.options.dockerSocket, seen: join(directory, 'docker.sock') };
  }

  policies(): ReadonlyMap<string, ServicePolicy> {
    const { configuration } = requireConfiguration(join(this.state, 'engine'), { env: {}, memo: new ServiceMemo() });
    return configuration.services;
  }

  /** Nothing of what a scheduler ever decided here is known any more. Only while none runs. */
  forget(): Promise<void> {
    return forgetPrefix(this.consul.url, prefix);
  }

  /** What the engine logged since the last call. */
  engineLog(): string {
    return this.heard.lines
      .splice(0)
      .map((line) => JSON.stringify(line))
      .join('\n');
  }

  /** Ends the session of whoever holds the lock, as time would: the lock-delay begins. */
  async expireSession(): Promise<void> {
    const entry = await this.consulAccess.kv.get(`${prefix}leader`);
    if (entry?.session) await this.consulAccess.session.destroy(entry.session);
  }

  async ledger(): Promise<Ledger | null> {
    const entry = await this.consulAccess.kv.get(`${prefix}ledger/${service}`);
    return entry ? ledgerSchema.decode(JSON.parse(entry.value) as never) : null;
  }

  /** What cannot be taken down keeps nothing else up; rejects with what it was. */
  async close(): Promise<void> {
    this.consulAccess.close();
    const steps = [
      () => this.load.stop(1_000),
      () => this.engine?.stop(),
      () => this.fleet.stop(),
      () => this.nginx.stop(),
      () => this.consul.stop(),
      () => rm(this.state, { recursive: true, force: true }),
    ];
    const failures: unknown[] = [];
    for (const step of steps) await Promise.resolve(step()).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, 'something could not be taken down');
  }
}

export const fateOf = (directory: string): string => join(directory, 'fate');
