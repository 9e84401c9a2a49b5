import { isDeepStrictEqual } from 'node:util';
import type { Configuration, ServiceName, ServicePolicy } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import type { ConsulAccess } from '../../lib/consul/index.js';
import type { Log } from '../../lib/log.js';
import { runLoop } from '../../lib/loop.js';
import type { Controls, controlSchema, ledgerSchema, serviceRecordSchema, ServiceRecord } from '../client/index.js';
import { type CatalogEvent, type CatalogMemory, emptyCatalog, foldCatalog, reselectCatalog } from './catalog.js';
import { controlsIn } from './controls.js';
import type { KvMirror } from './mirror.js';
import type { RuntimeFacts } from './runtime.js';
import type { ScoresFollower } from './scores.js';
import type { GatewayView } from '../client/index.js';
import type { LeadState, Memory, ServiceWorld, EndedStep, World } from '../model.js';

export interface ObserverParts {
  /** In force now. */
  readonly configuration: () => Configuration;
  readonly consul: ConsulAccess;
  readonly scores: ScoresFollower;
  readonly facts: RuntimeFacts;
  readonly records: KvMirror<typeof serviceRecordSchema>;
  readonly ledgers: KvMirror<typeof ledgerSchema>;
  readonly controls: KvMirror<typeof controlSchema>;
  readonly clock: Clock;
  readonly log: Log;
  readonly onChange: () => void;
}

/** While discovery is held back by the shrink guard, Consul is asked again this often. */
const confirmEveryMs = 5_000;

/** What Consul is asked of a service. */
type Asked = Pick<ServicePolicy, 'selector' | 'datacenters'>;
const askedOf = ({ selector, datacenters }: ServicePolicy): Asked => ({ selector, datacenters });

/** Gathers what the edges know into one immutable snapshot. */
export class Observer {
  private readonly catalogs = new Map<ServiceName, CatalogMemory>();
  /** What is asked of Consul, by service. */
  private readonly watches = new Map<ServiceName, { readonly asked: Asked; readonly stop: AbortController }>();
  private readonly running = new Set<Promise<void>>();
  /** Added while we ran, and without a first list yet. */
  private readonly late = new Set<ServiceName>();
  private signal: AbortSignal | null = null;

  constructor(private readonly parts: ObserverParts) {}

  snapshot(
    lead: LeadState,
    gateway: GatewayView | null,
    stepResults: ReadonlyMap<string, EndedStep>,
    now: number,
  ): World {
    const known = this.policies().filter(({ service }) => !this.late.has(service));
    const services = known.map((policy) => this.service(policy));
    return { services, lead, gateway, controls: this.controls(now), stepResults };
  }

  /** What the last leader decided, as far as it can be read. */
  memory(): Memory {
    const services = new Map<ServiceName, ServiceRecord>();
    for (const [name, entry] of this.parts.records.all())
      if (entry.kind === 'value') services.set(name as ServiceName, entry.value);
    return { services };
  }

  /** Watches the catalog of every service until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.parts;
    this.signal = signal;
    for (const policy of this.policies()) this.start(policy);
    const confirming = { name: 'confirm discovery', everyMs: confirmEveryMs, clock, log };
    await runLoop(confirming, () => this.confirm(signal), signal);
    await Promise.all(this.running);
  }

  /**
   * The configuration is another one. A service that stays keeps its list, and is asked for anew only where its selector
   * changed. One that is new begins with its first list: until then nothing else waits for it.
   */
  reconfigured(): void {
    const policies = this.policies();
    const kept = new Set(policies.map(({ service }) => service));
    for (const [service, { stop }] of this.watches) {
      if (kept.has(service)) continue;
      stop.abort();
      this.watches.delete(service);
      this.catalogs.delete(service);
      this.late.delete(service);
      this.parts.facts.retain(service, new Set());
    }
    for (const policy of policies) this.follow(policy);
    this.parts.onChange();
  }

  private follow(policy: ServicePolicy): void {
    const { service } = policy;
    const known = this.watches.get(service);
    if (known && isDeepStrictEqual(known.asked, askedOf(policy))) return;
    const before = this.catalogs.get(service);
    if (before) this.catalogs.set(service, reselectCatalog(before));
    else this.late.add(service);
    this.start(policy);
  }

  private policies(): readonly ServicePolicy[] {
    return [...this.parts.configuration().services.values()];
  }

  /** A blocking query is silent while nothing changes; "seen again" needs asking again, and the leader, not a stale server. */
  private async confirm(signal: AbortSignal): Promise<void> {
    for (const policy of this.policies()) {
      const { service } = policy;
      const asked = askedOf(policy);
      const state = this.catalogOf(service);
      if (state.kind !== 'held' || state.shrink === null) continue;
      const list = await this.parts.consul.health(service, asked, signal);
      if (isDeepStrictEqual(this.watches.get(service)?.asked, asked))
        this.fold(service, { kind: 'value', value: list.entries, at: this.parts.clock.now() });
    }
  }

  catalogOf(service: ServiceName): CatalogMemory['state'] {
    return this.catalogs.get(service)?.state ?? emptyCatalog.state;
  }

  /** Asks for the service until it is removed, asked for otherwise, or everything ends. */
  private start(policy: ServicePolicy): void {
    const { service } = policy;
    const asked = askedOf(policy);
    if (!this.signal) return;
    this.watches.get(service)?.stop.abort();
    const stop = new AbortController();
    this.watches.set(service, { asked, stop });
    const { maxStaleMs } = this.parts.configuration().ballast.consul;
    const signal = AbortSignal.any([this.signal, stop.signal]);
    const options = { ...asked, stale: true, maxStaleMs };
    const watching = this.parts.consul.watchHealth(service, options, signal, (event) => {
      if (!signal.aborted) this.fold(service, event);
    });
    this.running.add(watching);
    void watching.finally(() => this.running.delete(watching));
  }

  private fold(service: ServiceName, event: CatalogEvent): void {
    const policy = this.parts.configuration().services.get(service);
    if (!policy) return;
    const before = this.catalogs.get(service) ?? emptyCatalog;
    const after = foldCatalog(before, event, policy.guardrails.shrink, policy.datacenters.length > 1);
    this.catalogs.set(service, after);
    if (after.state.kind === 'waiting') return;
    this.late.delete(service);
    this.parts.facts.retain(service, new Set(after.state.entries.map((entry) => entry.id)));
    this.parts.onChange();
  }

  private service(policy: ServicePolicy): ServiceWorld {
    const ledger = this.parts.ledgers.get(policy.service);
    return {
      policy,
      catalog: this.catalogOf(policy.service),
      scores: this.parts.scores.of(policy.service),
      ledger: this.readLedger(ledger),
      runtime: this.parts.facts.of(policy.service),
    };
  }

  private readLedger(entry: ReturnType<ObserverParts['ledgers']['get']>): ServiceWorld['ledger'] {
    if (!this.parts.ledgers.ready || entry.kind === 'bad') return null;
    return entry.kind === 'value' ? entry.value : { token: 0, open: [], closed: [] };
  }

  /** Null while they cannot be read: one that is unreadable is enough, since it may be the one that matters. */
  private controls(now: number): Controls | null {
    return this.parts.controls.ready ? controlsIn(this.parts.controls.all().values(), now) : null;
  }
}
