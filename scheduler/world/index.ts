import type { Configuration, ServiceName, ServicePolicy } from '../../config/index.js';
import type { ConsulAccess } from '../../lib/consul/index.js';
import type { ledgerSchema, pauseSchema, Pause, serviceRecordSchema, ServiceRecord } from '../client/index.js';
import { type CatalogEvent, type CatalogMemory, emptyCatalog, foldCatalog } from './catalog.js';
import type { KvMirror } from './mirror.js';
import type { RuntimeFacts } from './runtime.js';
import type { ScoresFollower } from './scores.js';
import type { GatewayView } from '../client/index.js';
import type { LeadState, Memory, ServiceWorld, StepResult, World } from '../model.js';

export interface ObserverParts {
  readonly configuration: Configuration;
  readonly consul: ConsulAccess;
  readonly scores: ScoresFollower;
  readonly facts: RuntimeFacts;
  readonly records: KvMirror<typeof serviceRecordSchema>;
  readonly ledgers: KvMirror<typeof ledgerSchema>;
  readonly pauses: KvMirror<typeof pauseSchema>;
  readonly onChange: () => void;
}

/** While discovery is held back by the shrink guard, its last answer is looked at again this often. */
const confirmEveryMs = 5_000;

/** Gathers what the edges know into one immutable snapshot. */
export class Observer {
  private readonly catalogs = new Map<ServiceName, CatalogMemory>();
  private readonly lastAnswers = new Map<ServiceName, CatalogEvent & { kind: 'value' }>();

  constructor(private readonly parts: ObserverParts) {}

  snapshot(
    lead: LeadState,
    gateway: GatewayView | null,
    stepResults: ReadonlyMap<string, StepResult>,
    now: number,
  ): World {
    const services = [...this.parts.configuration.services.values()].map((policy) => this.service(policy, now));
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
    await Promise.all([...this.parts.configuration.services.values()].map((policy) => this.watch(policy, signal)));
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
    const options = { selector: policy.selector, stale: true, maxStaleMs };
    await this.parts.consul.watchHealth(policy.service, options, signal, (event) => {
      if (event.kind === 'value') this.lastAnswers.set(policy.service, event);
      else this.lastAnswers.delete(policy.service);
      this.fold(policy, event);
    });
  }

  private fold(policy: ServicePolicy, event: CatalogEvent): void {
    const before = this.catalogs.get(policy.service) ?? emptyCatalog;
    const after = foldCatalog(before, event, policy.guardrails.shrink);
    this.catalogs.set(policy.service, after);
    if (after.state.kind === 'waiting') return;
    this.parts.facts.retain(policy.service, new Set(after.state.entries.map((entry) => entry.id)));
    this.parts.onChange();
  }

  private service(policy: ServicePolicy, now: number): ServiceWorld {
    this.confirmShrink(policy, now);
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

  /** A blocking query is silent while nothing changes, and "seen again" needs looking again. */
  private confirmShrink(policy: ServicePolicy, now: number): void {
    const answer = this.lastAnswers.get(policy.service);
    const state = this.catalogOf(policy.service);
    if (!answer || state.kind !== 'held' || state.shrink === null || now - answer.at < confirmEveryMs) return;
    const again = { ...answer, at: now };
    this.lastAnswers.set(policy.service, again);
    this.fold(policy, again);
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
