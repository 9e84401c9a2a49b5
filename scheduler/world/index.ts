import type { Configuration, ServiceName, ServicePolicy } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import type { ConsulAccess } from '../../lib/consul/index.js';
import type { Log } from '../../lib/log.js';
import { runLoop } from '../../lib/loop.js';
import type { ledgerSchema, pauseSchema, Pause, serviceRecordSchema, ServiceRecord } from '../client/index.js';
import { type CatalogEvent, type CatalogMemory, emptyCatalog, foldCatalog } from './catalog.js';
import type { KvMirror } from './mirror.js';
import type { RuntimeFacts } from './runtime.js';
import type { ScoresFollower } from './scores.js';
import type { GatewayView } from '../client/index.js';
import type { LeadState, Memory, ServiceWorld, EndedStep, World } from '../model.js';

export interface ObserverParts {
  readonly configuration: Configuration;
  readonly consul: ConsulAccess;
  readonly scores: ScoresFollower;
  readonly facts: RuntimeFacts;
  readonly records: KvMirror<typeof serviceRecordSchema>;
  readonly ledgers: KvMirror<typeof ledgerSchema>;
  readonly pauses: KvMirror<typeof pauseSchema>;
  readonly clock: Clock;
  readonly log: Log;
  readonly onChange: () => void;
}

/** While discovery is held back by the shrink guard, Consul is asked again this often. */
const confirmEveryMs = 5_000;

/** Gathers what the edges know into one immutable snapshot. */
export class Observer {
  private readonly catalogs = new Map<ServiceName, CatalogMemory>();

  constructor(private readonly parts: ObserverParts) {}

  snapshot(
    lead: LeadState,
    gateway: GatewayView | null,
    stepResults: ReadonlyMap<string, EndedStep>,
    now: number,
  ): World {
    const services = [...this.parts.configuration.services.values()].map((policy) => this.service(policy));
    return { services, lead, gateway, pauses: this.pauses(now), stepResults };
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
    const { configuration, clock, log } = this.parts;
    const policies = [...configuration.services.values()];
    const confirming = { name: 'confirm discovery', everyMs: confirmEveryMs, clock, log };
    await Promise.all([
      ...policies.map((policy) => this.watch(policy, signal)),
      runLoop(confirming, () => this.confirm(policies, signal), signal),
    ]);
  }

  /** A blocking query is silent while nothing changes; "seen again" needs asking again, and the leader, not a stale server. */
  private async confirm(policies: readonly ServicePolicy[], signal: AbortSignal): Promise<void> {
    for (const policy of policies) {
      const state = this.catalogOf(policy.service);
      if (state.kind !== 'held' || state.shrink === null) continue;
      const list = await this.parts.consul.health(
        policy.service,
        { selector: policy.selector, datacenters: policy.datacenters },
        signal,
      );
      this.fold(policy, { kind: 'value', value: list.entries, at: this.parts.clock.now() });
    }
  }

  catalogOf(service: ServiceName): CatalogMemory['state'] {
    return this.catalogs.get(service)?.state ?? emptyCatalog.state;
  }

  /** Services of which Consul said nothing yet. */
  waitingFor(): ServiceName[] {
    return [...this.parts.configuration.services.keys()].filter(
      (service) => this.catalogOf(service).kind === 'waiting',
    );
  }

  private async watch(policy: ServicePolicy, signal: AbortSignal): Promise<void> {
    const { maxStaleMs } = this.parts.configuration.ballast.consul;
    const options = { selector: policy.selector, datacenters: policy.datacenters, stale: true, maxStaleMs };
    await this.parts.consul.watchHealth(policy.service, options, signal, (event) => {
      this.fold(policy, event);
    });
  }

  private fold(policy: ServicePolicy, event: CatalogEvent): void {
    const before = this.catalogs.get(policy.service) ?? emptyCatalog;
    const after = foldCatalog(before, event, policy.guardrails.shrink, policy.datacenters.length > 1);
    this.catalogs.set(policy.service, after);
    if (after.state.kind === 'waiting') return;
    this.parts.facts.retain(policy.service, new Set(after.state.entries.map((entry) => entry.id)));
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

  /** Null while they cannot be read: one unreadable pause is enough, since it may be the one that matters. */
  private pauses(now: number): readonly Pause[] | null {
    if (!this.parts.pauses.ready) return null;
    const pauses: Pause[] = [];
    for (const entry of this.parts.pauses.all().values()) {
      if (entry.kind === 'bad') return null;
      if (entry.kind === 'value' && (entry.value.until === null || entry.value.until > now)) pauses.push(entry.value);
    }
    return pauses;
  }
}
