/** The whole demo on this machine: real Consul, NGINX, node exporter and fleet, and Ballast's two services between them. */
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEngineClient } from '../../../engine/client/index.js';
import { createClient } from '../../../lib/http/client.js';
import { execFleet } from '../fleet/exec.js';
import { dockerFleet } from '../fleet/docker.js';
import { demoServices, instancesPerService, memberList, type Member } from '../fleet/roster.js';
import type { Fleet } from '../fleet/types.js';
import { binaryOf } from './binaries.js';
import { Children } from './children.js';
import { overridesFor, writeConfiguration } from './configuration.js';
import { catalogServices, deregisterAll, forgetPrefix, startConsul } from './consul.js';
import { nginxPlace, startNginx } from './nginx.js';
import { answersWell, until } from './poll.js';

const compiled = join(dirname(fileURLToPath(import.meta.url)), '../../..');
/** The `ballast` command, and the program of a fleet's instance. */
export const ballastProgram = join(compiled, 'cli/main.js');
const serviceProgram = join(compiled, 'scripts/demo/service/main.js');

export const runtimes = ['exec', 'docker'] as const;
export type RuntimeName = (typeof runtimes)[number];

export interface Ports {
  readonly gateway: number;
  readonly engine: number;
  readonly scheduler: number;
  readonly mark: number;
  readonly exporter: number;
  readonly consul: number;
  readonly fleet: readonly number[];
}

export interface EnvironmentOptions {
  /** An empty folder of ours; the caller removes it. */
  readonly state: string;
  /** Names this run where names are shared: containers, the KV prefix. */
  readonly run: string;
  readonly runtime: RuntimeName;
  readonly interval: string;
  readonly retries: boolean;
  /** An agent that answers already; null: one is started. */
  readonly consul: string | null;
  readonly ports: Ports;
  readonly progress: (text: string) => void;
  /** A program ended that was not told to. */
  readonly onEnd: (text: string) => void;
  readonly signal: AbortSignal;
}

export const fleetPorts = demoServices.length * instancesPerService;

export class Environment {
  readonly members: readonly Member[];
  readonly overrides: Readonly<Record<string, string>>;
  readonly engineUrl: string;
  readonly schedulerUrl: string;
  readonly gatewayUrl: string;
  readonly configuration: string;
  readonly fleet: Fleet;
  consulUrl = '';
  private readonly children: Children;

  constructor(private readonly options: EnvironmentOptions) {
    const { ports, state, run, runtime, interval } = options;
    this.members = memberList(ports.fleet);
    this.overrides = overridesFor(interval);
    this.engineUrl = `http://127.0.0.1:${ports.engine}`;
    this.schedulerUrl = `http://127.0.0.1:${ports.scheduler}`;
    this.gatewayUrl = `http://127.0.0.1:${ports.gateway}`;
    this.configuration = join(state, 'config');
    this.children = new Children(state, options.onEnd);
    this.fleet = runtime === 'docker' ? dockerFleet(run) : execFleet(state);
  }

  private get prefix(): string {
    return `${this.options.run}/`;
  }

  /** Brings everything up and resolves when NGINX serves every service; rejects with one clear sentence. */
  async start(): Promise<void> {
    const { progress, signal, ports, state, runtime } = this.options;
    const steps: readonly (readonly [string, () => Promise<void>])[] = [
      [
        this.options.consul ? `Consul at ${this.options.consul}` : `Consul on port ${ports.consul}`,
        () => this.startConsul(),
      ],
      [`NGINX on port ${ports.gateway}`, () => startNginx(this.children, nginxPlace(state), ports.gateway)],
      [`${this.members.length} instances on ${runtime}`, () => this.startFleet()],
      ['engine and scheduler', () => this.startBallast()],
      ['the first plan in NGINX', () => this.served()],
    ];
    for (const [text, step] of steps) {
      signal.throwIfAborted();
      progress(text);
      await step();
    }
  }

  /** Ends everything that was started here, in the order that leaves nothing to heal. Safe at any time. */
  async stop(): Promise<void> {
    this.children.expectEnds();
    await this.children.stop('scheduler');
    await this.children.stop('engine');
    await this.fleet.stop();
    if (this.options.consul) {
      await deregisterAll(this.options.consul, this.members).catch(() => undefined);
      await forgetPrefix(this.options.consul, this.prefix).catch(() => undefined);
    }
    await this.children.stopAll();
  }

  private async startConsul(): Promise<void> {
    const { consul, state, ports } = this.options;
    if (consul) {
      const taken = (await catalogServices(consul)).filter((name) =>
        (demoServices as readonly string[]).includes(name),
      );
      if (taken.length > 0)
        throw new Error(
          `Consul at ${consul} has services ${taken.join(', ')} already: is another demo running? Stop it first`,
        );
    }
    this.consulUrl = consul ?? (await startConsul(this.children, state, ports.consul));
  }

  private async startFleet(): Promise<void> {
    const address = `127.0.0.1:${this.options.ports.exporter}`;
    this.children.start({
      name: 'node-exporter',
      binary: binaryOf('nodeExporter'),
      arguments: [
        `--web.listen-address=${address}`,
        '--collector.disable-defaults',
        ...['cpu', 'meminfo', 'filefd', 'loadavg'].map((name) => `--collector.${name}`),
      ],
    });
    await this.fleet.start({ program: serviceProgram, consul: this.consulUrl, members: this.members });
    await this.waitFor(`http://${address}/metrics`, 'node-exporter');
    for (const { host, port, id } of this.members) await this.waitFor(`http://${host}:${port}/health`, id);
  }

  private async startBallast(): Promise<void> {
    const { state, ports, retries } = this.options;
    await mkdir(join(state, 'data/engine'), { recursive: true });
    await mkdir(join(state, 'data/scheduler'), { recursive: true });
    await writeConfiguration({
      directory: this.configuration,
      data: join(state, 'data'),
      consul: this.consulUrl,
      prefix: this.prefix,
      ports,
      nginx: nginxPlace(state),
      runtime: this.fleet.section,
      retries,
      overrides: this.overrides,
      dockerSocket: process.env['DOCKER_SOCKET'] ?? '/var/run/docker.sock',
    });
    for (const name of ['engine', 'scheduler'] as const)
      this.children.start({
        name,
        binary: process.execPath,
        arguments: [ballastProgram, name, 'run', '--config', this.configuration],
      });
    await this.waitFor(`${this.engineUrl}/-/healthy`, 'engine');
    await this.waitFor(`${this.schedulerUrl}/-/healthy`, 'scheduler');
  }

  private async waitFor(url: string, name: string): Promise<void> {
    await until(() => answersWell(url), {
      withinMs: 20_000,
      signal: this.options.signal,
      late: (last) => `${name} does not answer at ${url}${last ? ` (${last})` : ''}; see ${this.children.logOf(name)}`,
    });
  }

  /** Resolves when all instances are green at full weight and the leader may act. Needs traffic, as scores do. */
  async settled(): Promise<void> {
    const { signal, progress } = this.options;
    progress('all instances green');
    const engine = createEngineClient(createClient({ baseUrl: this.engineUrl, timeoutMs: 2_000 }));
    let waitsFor = 'nothing was scored yet';
    await until(
      async () => {
        const { value } = await engine.scores(null, signal);
        const all = value.services.flatMap((service) => service.instances);
        const notYet = all
          .filter((one) => one.zone !== 'green')
          .map((one) => `${one.instance} is ${one.zone}: ${one.why}`);
        waitsFor = value.ready
          ? `${all.length} of ${this.members.length} scored; ${notYet.join('; ')}`
          : 'the engine is not ready';
        return value.ready && all.length === this.members.length && notYet.length === 0;
      },
      { withinMs: 60_000, signal, late: (last) => `not all instances became green: ${waitsFor} ${last}` },
    );
    await this.waitFor(`${this.schedulerUrl}/-/ready`, 'scheduler');
  }

  private async served(): Promise<void> {
    for (const service of demoServices)
      await until(() => answersWell(`${this.gatewayUrl}/${service}/`), {
        withinMs: 30_000,
        signal: this.options.signal,
        late: () =>
          `NGINX does not serve ${service} yet; see ${this.schedulerUrl}/v1/upstreams/${service} and ${this.children.logOf('scheduler')}`,
      });
  }
}

/** Removes the folder of a run that ended well. */
export const forgetState = async (state: string): Promise<void> => rm(state, { recursive: true, force: true });
