/** Everything real on one small stage: Consul, NGINX, node exporter, three instances, engine and schedulers, all to be killed. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { createEngineClient, type ScoresResponse } from '../../../engine/client/index.js';
import { createConsul, type ConsulAccess } from '../../../lib/consul/index.js';
import { createClient } from '../../../lib/http/client.js';
import { type Action, type Ledger, ledgerSchema } from '../../../scheduler/client/index.js';
import { binaryOf } from '../../../scripts/demo/environment/binaries.js';
import { nginxPlace } from '../../../scripts/demo/environment/nginx.js';
import { answersWell } from '../../../scripts/demo/environment/poll.js';
import { freePorts } from '../../../scripts/demo/environment/ports.js';
import { execFleet } from '../../../scripts/demo/fleet/exec.js';
import { killMember } from '../../../scripts/demo/fleet/process.js';
import type { Member } from '../../../scripts/demo/fleet/roster.js';
import { Load } from '../../../scripts/demo/load/load.js';
import { Watcher } from '../../../scripts/demo/story/watcher.js';
import { eventually } from '../eventually.js';
import { type ConsulSite, oneServer } from './consul.js';
import { prefix, service, type Session, shortSession, writeFiles } from './files.js';
import { Program } from './program.js';

const compiled = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const ballast = join(compiled, 'cli/main.js');
const instanceProgram = join(compiled, 'scripts/demo/service/main.js');
const requestsPerSecond = 100;

export interface StageOptions {
  readonly overrides?: Readonly<Record<string, string>>;
  readonly consulIn?: (state: string) => Promise<ConsulSite>;
  readonly session?: Session;
}

export interface SchedulerSeat {
  readonly program: Program;
  readonly url: string;
  readonly watcher: Watcher;
}

const leaderSchema = z.object({ leader: z.boolean(), token: z.number().nullable() });

export class Stage {
  readonly members: readonly Member[];
  readonly consul: ConsulAccess;
  readonly gatewayUrl: string;
  readonly load: Load;
  /** Of the ledger, each time it was seen to change. */
  readonly tokens: number[] = [];
  private readonly stopped = new AbortController();
  private following: Promise<void> = Promise.resolve();
  private readonly fleet: ReturnType<typeof execFleet>;

  private constructor(
    readonly state: string,
    private readonly site: ConsulSite,
    readonly nginx: Program,
    private readonly exporter: Program,
    readonly engine: Program,
    private readonly engineUrl: string,
    readonly schedulers: readonly [SchedulerSeat, SchedulerSeat],
    ports: { readonly gateway: number; readonly fleet: readonly number[] },
  ) {
    this.members = ports.fleet.map((port, i) => ({ service, id: `${service}-${i + 1}`, host: '127.0.0.1', port }));
    this.gatewayUrl = `http://127.0.0.1:${ports.gateway}`;
    this.consul = createConsul({ url: site.url, token: null, datacenter: null });
    this.fleet = execFleet(state);
    // What the fault does to a POST is the fault's; a GET that fails is the gateway's.
    this.load = new Load({
      ...{ urls: [`${this.gatewayUrl}/${service}/`], perSecond: requestsPerSecond, gets: 1, timeoutMs: 10_000 },
      connections: 'fresh',
    });
  }

  /** Resolves when all instances are green, the first scheduler leads, and clients come. */
  static async open({
    overrides = {},
    consulIn = oneServer,
    session = shortSession,
  }: StageOptions = {}): Promise<Stage> {
    const state = await mkdtemp(join(tmpdir(), 'ballast-stage-'));
    // NGINX's workers are somebody else.
    await chmod(state, 0o755);
    const [gateway = 0, mark = 0, exporter = 0, engine = 0, first = 0, second = 0, ...fleet] = await freePorts(9);
    const place = nginxPlace(state);
    const seat = (name: string, port: number): SchedulerSeat => {
      const url = `http://127.0.0.1:${port}`;
      const words = [ballast, 'scheduler', 'run', '--config', join(state, name)];
      const program = new Program(name, process.execPath, words, join(state, `${name}.log`));
      return { program, url, watcher: new Watcher(`http://127.0.0.1:${engine}`, url, new AbortController().signal) };
    };
    const words = [ballast, 'engine', 'run', '--config', join(state, 'engine-config')];
    const stage = new Stage(
      state,
      await consulIn(state),
      new Program('nginx', place.binary, ['-p', place.prefix, '-c', place.config], join(state, 'nginx.log')),
      new Program(
        'exporter',
        binaryOf('nodeExporter'),
        [
          `--web.listen-address=127.0.0.1:${exporter}`,
          '--collector.disable-defaults',
          ...['cpu', 'meminfo', 'filefd'].map((name) => `--collector.${name}`),
        ],
        join(state, 'exporter.log'),
      ),
      new Program('engine', process.execPath, words, join(state, 'engine.log')),
      `http://127.0.0.1:${engine}`,
      [seat('first', first), seat('second', second)],
      { gateway, fleet },
    );
    try {
      const ports = { gateway, mark, exporter, engine, schedulers: [first, second] } as const;
      await writeFiles(state, stage.site, ports, { overrides, session });
      await stage.raise();
    } catch (error) {
      await stage.close();
      throw error;
    }
    return stage;
  }

  /** That the fleet, the engine and the test itself ask. */
  get consulAgent(): Program {
    return this.site.agent;
  }

  get first(): SchedulerSeat {
    return this.schedulers[0];
  }

  get second(): SchedulerSeat {
    return this.schedulers[1];
  }

  member(id: string): Member {
    const found = this.members.find((member) => member.id === id);
    if (!found) throw new Error(`no instance ${id}`);
    return found;
  }

  async startScheduler({ program, url }: SchedulerSeat): Promise<void> {
    program.start();
    await this.answers(`${url}/-/healthy`, program);
  }

  async startEngine(): Promise<void> {
    this.engine.start();
    await this.answers(`${this.engineUrl}/-/healthy`, this.engine);
  }

  /** Null: nobody has written one. */
  async ledger(): Promise<Ledger | null> {
    return this.decode(await this.consul.kv.get(this.ledgerKey));
  }

  readonly ledgerKey = `${prefix}ledger/${service}`;

  /** Resolves with the first action that the ledger shows in that phase, milliseconds after it was written. */
  async phase(wanted: Action['phase'], withinMs: number): Promise<Action> {
    const deadline = performance.now() + withinMs;
    for (let index = 0; performance.now() < deadline;) {
      const answer = await this.consul.kv.wait(this.ledgerKey, index, 2_000);
      index = answer.index;
      const ledger = this.decode(answer.entry);
      const found = [...(ledger?.open ?? []), ...(ledger?.closed ?? [])].find((action) => action.phase === wanted);
      if (found) return found;
    }
    throw new Error(`no action was ${wanted} within ${withinMs} ms\n${this.first.program.lastWords()}`);
  }

  /** As if by itself. */
  kill(id: string): void {
    killMember(this.state, id);
  }

  /** Ends the session of whoever holds the lock, as time would: the lock-delay begins. */
  async expireSession(): Promise<void> {
    const entry = await this.consul.kv.get(`${prefix}leader`);
    if (entry?.session) await this.consul.session.destroy(entry.session);
  }

  /** How often an instance was scored: the pulse of the engine. */
  async evaluation(id: string): Promise<number> {
    const scores = (await this.scores()).services.flatMap(({ instances }) => instances);
    return scores.find(({ instance }) => instance === id)?.evaluation ?? 0;
  }

  /** `asked orders-2`, `done orders-2`, in order. */
  async restarts(): Promise<readonly string[]> {
    const text = await readFile(join(this.state, 'restarts'), 'utf8').catch(() => '');
    return text.split('\n').filter(Boolean);
  }

  /** A restart that was asked for waits until it is let go. */
  async hold(): Promise<() => Promise<void>> {
    await writeFile(join(this.state, 'hold'), '');
    return () => rm(join(this.state, 'hold'), { force: true });
  }

  /** What `nginx -t` says of the files as they are now; null: nothing wrong. */
  async nginxProblem(): Promise<string | null> {
    const { prefix: folder, config, binary } = nginxPlace(this.state);
    const test = new Program('nginx -t', binary, ['-t', '-p', folder, '-c', config], join(this.state, 'nginx-t.log'));
    const status = await test.start().over();
    return status === 0 ? null : test.lastWords();
  }

  async leads({ url }: SchedulerSeat): Promise<z.infer<typeof leaderSchema>> {
    return leaderSchema.parse(await (await fetch(`${url}/v1/leader`)).json());
  }

  /** What `/-/ready` says, after its status. */
  async ready({ url }: SchedulerSeat): Promise<string> {
    const answer = await fetch(`${url}/-/ready`);
    return `${answer.status} ${await answer.text()}`;
  }

  async close(): Promise<void> {
    this.stopped.abort();
    await this.load.stop(1_000);
    await this.following;
    for (const { program } of this.schedulers) await program.end('SIGKILL');
    await this.engine.end('SIGKILL');
    await this.site.end();
    await this.fleet.stop();
    await this.nginx.end();
    await this.exporter.end();
    this.consul.close();
    await rm(this.state, { recursive: true, force: true });
  }

  private decode(entry: { readonly value: string } | null): Ledger | null {
    return entry ? ledgerSchema.decode(JSON.parse(entry.value) as never) : null;
  }

  private async raise(): Promise<void> {
    this.nginx.start();
    this.exporter.start();
    await this.site.start();
    await this.fleet.start({ program: instanceProgram, consul: this.site.url, members: this.members });
    await this.startEngine();
    await this.startScheduler(this.first);
    await eventually(() => answersWell(`${this.gatewayUrl}/${service}/`), { timeoutMs: 20_000 });
    this.load.start();
    await this.settled();
    this.following = this.follow();
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopped;
    await this.consul.watchKv(this.ledgerKey, signal, (event) => {
      const ledger = event.kind === 'value' ? this.decode(event.value[0] ?? null) : null;
      if (ledger) this.tokens.push(ledger.token);
    });
  }

  /** All green, and the engine has seen a whole window. */
  private async settled(): Promise<void> {
    await eventually(
      async () => {
        const { ready, services } = await this.scores();
        const zones = services.flatMap(({ instances }) => instances.map(({ zone }) => zone));
        return ready && zones.length === this.members.length && zones.every((zone) => zone === 'green');
      },
      { timeoutMs: 60_000, everyMs: 100 },
    );
  }

  private async scores(): Promise<ScoresResponse> {
    const engine = createEngineClient(createClient({ baseUrl: this.engineUrl, timeoutMs: 2_000 }));
    return (await engine.scores(null, this.stopped.signal)).value;
  }

  private async answers(url: string, program: Program): Promise<void> {
    await eventually(() => answersWell(url), { timeoutMs: 20_000, everyMs: 50 }).catch((error: unknown) => {
      throw new Error(`${program.name} does not answer: ${program.lastWords()}`, { cause: error });
    });
  }
}
