import type { InstanceId, ServicePolicy } from '../../../config/index.js';
import type { ScoresResponse } from '../../../engine/client/index.js';
import { type Action, type Identity, ledgerSchema, serviceRecordSchema } from '../../../scheduler/client/index.js';
import type { Ledger, ServiceRecord } from '../../../scheduler/client/index.js';
import type { NewEntry } from '../../../scheduler/journal/index.js';
import type { RuntimeFact } from '../../../scheduler/model.js';
import type { RuntimeTarget } from '../../../scheduler/runtime/types.js';
import type { KvEvent } from '../../../lib/consul/index.js';
import { VirtualClock } from '../../fakes/clock.js';
import { FakeConsul } from '../../fakes/consul.js';
import { type FakeContainer, FakeDocker } from '../../fakes/docker.js';
import { FakeGateway } from '../../fakes/gateway.js';
import { SlowGateway } from '../../fakes/slow-gateway.js';
import { FakeInstance } from '../fleet.js';

export const prefix = 'b/';
const tickMs = 500;
const stopMs = 700;
const startMs = 300;
const requestsPerSecond = 200;
/** Of a container: whose it is. */
export const label = 'instance';

/** What outlives every scheduler: Consul, the gateway, the fleet, the engine, the runtime, the journal's disk. */
export class CrashWorld {
  readonly clock = new VirtualClock();
  readonly consul = new FakeConsul();
  readonly gateway: FakeGateway;
  /** Who took the lock last. */
  readonly leader = { token: 0 };
  readonly lines: NewEntry[] = [];
  readonly actions = new Map<string, Action>();
  /** In the journal of another host. */
  readonly elsewhere = new Map<string, Action>();
  /** Of those who registered themselves anew; the others are where they were. */
  readonly addresses = new Map<string, string>();
  /** The daemon, where containers are replaced; null: nobody asks one. */
  readonly docker: FakeDocker | null;
  /** Each request to mend itself. */
  readonly asked: string[] = [];
  /** Each new process. */
  readonly starts: string[] = [];
  readonly instances: readonly FakeInstance[];
  /** Whatever must never happen, and did. */
  readonly breaches: string[] = [];
  private readonly watchers = new Set<{ readonly prefix: string; readonly tell: (event: KvEvent) => void }>();
  private readonly registered = new Set<() => void>();
  /** The container that is the instance now. */
  private readonly containers = new Map<string, string>();
  private scrapedAt = 0;
  private index = 1;

  constructor(
    readonly policy: ServicePolicy,
    readonly count = 3,
    network: 'host' | 'bridge' | null = null,
    /** Of a gateway that takes its time; 0: it serves at once what it is told. */
    reloadMs = 0,
  ) {
    this.gateway = reloadMs > 0 ? new SlowGateway(this.clock, reloadMs) : new FakeGateway();
    const now = this.clock.now();
    this.instances = Array.from(
      { length: count },
      (_, i) => new FakeInstance(policy.service, `orders-${i + 1}` as InstanceId, 8_000 + i, now, null),
    );
    this.docker = network === null ? null : this.withContainers(network);
    let token = 0;
    this.consul.afterWrite = () => {
      const written = this.ledger().token;
      if (written < token) this.breaches.push(`the ledger's token fell from ${token} to ${written}`);
      token = written;
    };
  }

  get(id: string): FakeInstance {
    const found = this.instances.find((instance) => instance.id === id);
    if (!found) throw new Error(`no instance ${id}`);
    return found;
  }

  ledger(): Ledger {
    const [found] = this.under(`${prefix}ledger/`);
    return found ? ledgerSchema.decode(JSON.parse(found.value) as never) : { token: 0, open: [], closed: [] };
  }

  record(): ServiceRecord | null {
    const [found] = this.under(`${prefix}plan/`);
    return found ? serviceRecordSchema.decode(JSON.parse(found.value) as never) : null;
  }

  async run(ms: number): Promise<void> {
    for (const end = this.clock.mono() + ms; this.clock.mono() < end;) await this.tick();
  }

  /** False: not within that time. */
  async until(holds: () => boolean, limitMs: number): Promise<boolean> {
    const end = this.clock.mono() + limitMs;
    while (!holds()) {
      if (this.clock.mono() >= end) return false;
      await this.tick();
    }
    return true;
  }

  /** Reports what lies under a prefix now and at each later tick; so it may be half a second late. */
  async watch(under: string, signal: AbortSignal, tell: (event: KvEvent) => void): Promise<void> {
    const watcher = { prefix: under, tell };
    this.watchers.add(watcher);
    this.news(watcher);
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.watchers.delete(watcher);
  }

  async scores(
    after: { readonly waitMs: number } | null,
    signal: AbortSignal,
  ): Promise<{ value: ScoresResponse; index: number }> {
    if (after) await this.clock.sleep(tickMs, signal);
    const instances = this.instances.flatMap((instance) => instance.score() ?? []);
    const services = [{ service: this.policy.service, instances }] as unknown as ScoresResponse['services'];
    return { value: { now: this.clock.now(), ready: true, services }, index: this.index };
  }

  find({ entry }: Pick<RuntimeTarget, 'entry'>): Promise<RuntimeFact> {
    const { alive } = this.get(entry.id);
    return Promise.resolve({ kind: 'one', identity: this.identity(entry.id), running: alive, at: this.clock.now() });
  }

  /** An instance registers itself when it starts. */
  onRegister(tell: () => void, signal: AbortSignal): void {
    this.registered.add(tell);
    signal.addEventListener('abort', () => this.registered.delete(tell), { once: true });
  }

  /** It mends itself, as the same process. */
  async ask(id: string): Promise<void> {
    this.asked.push(id);
    await this.clock.sleep(startMs);
    this.get(id).fault = 'none';
  }

  /** As Docker does: by its name, whoever it is by now. */
  async stop(id: string): Promise<void> {
    const instance = this.get(id);
    if (!instance.alive) return;
    if (!this.ledger().open.some((action) => action.instance === id && action.phase === 'stepping'))
      this.breaches.push(`${id} is stopped, and no ledger says so`);
    await this.clock.sleep(stopMs);
    instance.alive = false;
  }

  /** False: it runs already. */
  async start(id: string): Promise<boolean> {
    const instance = this.get(id);
    if (instance.alive) return false;
    await this.clock.sleep(startMs);
    this.starts.push(id);
    instance.restart(this.clock.now());
    return true;
  }

  identity(id: string): Identity {
    return { kind: 'docker', containerId: id, startedAt: String(this.get(id).pid) };
  }

  private withContainers(network: 'host' | 'bridge'): FakeDocker {
    const ofContainer = ({ config }: FakeContainer): string => config.Labels?.[label] ?? '';
    const docker = new FakeDocker(this.clock, {
      onStart: (container) => {
        const id = ofContainer(container);
        if (network === 'host' && this.get(id).alive) this.breaches.push(`${id} is started, and its port is taken`);
        this.starts.push(id);
        this.get(id).restart(this.clock.now());
        this.settle(id, container);
      },
      onStop: (container) => {
        const id = ofContainer(container);
        if (this.containers.get(id) === container.id) this.get(id).alive = false;
      },
    });
    for (const { id, port } of this.instances) {
      const settings = {
        Labels: { [label]: id },
        HostConfig: { NetworkMode: network },
        ExposedPorts: { [`${port}/tcp`]: {} },
      };
      const container = docker.create({ name: id, Image: 'orders', ...settings });
      this.settle(
        id,
        Object.assign(container, {
          running: true,
          startedAt: '2029-12-31T00:00:00Z',
          address: network === 'host' ? '' : `172.17.1.${port % 100}`,
        }),
      );
    }
    return docker;
  }

  private settle(id: string, { id: containerId, address }: FakeContainer): void {
    this.containers.set(id, containerId);
    if (address !== '') this.addresses.set(id, address);
    for (const tell of this.registered) tell();
  }

  private async tick(): Promise<void> {
    this.serve();
    if (this.clock.now() - this.scrapedAt >= this.policy.scrape.intervalMs) this.scrape();
    for (const watcher of this.watchers) this.news(watcher);
    await this.clock.advance(tickMs);
  }

  private served(): readonly { readonly instance: string; readonly weight: number }[] {
    const servers = this.gateway.view().servers[this.policy.traffic?.upstream ?? ''] ?? [];
    return servers.filter(({ weight }) => weight > 0);
  }

  private serve(): void {
    const servers = this.served();
    const stepping = this.ledger().open.filter(({ phase }) => phase === 'stepping');
    for (const { instance } of stepping)
      // Where the new process runs already, nobody but the ledger's next look is late.
      if (this.starts.length === 0 && servers.some((server) => server.instance === instance))
        this.breaches.push(`${instance} is served while its step goes on`);
    const total = servers.reduce((sum, { weight }) => sum + weight, 0);
    for (const { instance, weight } of servers)
      this.get(instance).requests += (requestsPerSecond * weight * tickMs) / 1_000 / total;
    if (this.gateway.submitted.length > 0 && servers.length < Math.ceil(this.count / 2))
      this.breaches.push(`${servers.length} in rotation`);
  }

  private scrape(): void {
    this.scrapedAt = this.clock.now();
    this.index++;
    const marks = this.record()?.rotation ?? {};
    const served = new Set(this.served().map(({ instance }) => instance));
    for (const instance of this.instances)
      instance.evaluate(this.scrapedAt, marks[instance.id], served.has(instance.id), 0);
  }

  private news({ prefix: under, tell }: { readonly prefix: string; readonly tell: (event: KvEvent) => void }): void {
    const value = this.under(under);
    tell({
      kind: 'value',
      value,
      index: Math.max(1, ...value.map(({ modifyIndex }) => modifyIndex)),
      at: this.clock.now(),
    });
  }

  private under(start: string) {
    return this.consul.under(start);
  }
}
