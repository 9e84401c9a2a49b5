import { isDeepStrictEqual } from 'node:util';
import type { InstanceId, ServiceName, ServicePolicy } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import type { ConsulAccess } from '../../lib/consul/index.js';
import type { Log } from '../../lib/log.js';
import { runLoop } from '../../lib/loop.js';
import type { RotationMark } from '../client/index.js';
import {
  emptyRegistry,
  foldRegistry,
  reselect,
  type Discovery,
  type RegistryEvent,
  type RegistryMemory,
} from './fold.js';
import { parseMarks, type MarkPages } from './marks.js';

/** What Consul is asked of a service. */
const askedOf = ({ selector, datacenters }: ServicePolicy) => ({ selector, datacenters });

/** Consul is asked again this often for a list that the shrink guard holds back: a blocking query is silent while nothing changes. */
const CONFIRM_MS = 5_000;

export interface RegistryOptions {
  readonly consul: Pick<ConsulAccess, 'health' | 'watchHealth' | 'watchKv'>;
  readonly policies: readonly ServicePolicy[];
  /** KV prefix of all that is ours; ends with a slash. */
  readonly prefix: string;
  readonly maxStaleMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** What is known of this service's instances changed, or only how well it is known. */
  readonly onDiscovery: (policy: ServicePolicy, discovery: Discovery) => void;
}

interface Entry {
  policy: ServicePolicy;
  memory: RegistryMemory;
  /** Ends the question that is asked for it now; null: none is. */
  watch: AbortController | null;
}

/** Follows Consul: the instances of every service, and the rotation marks that the scheduler leaves in the KV store. */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #entries = new Map<ServiceName, Entry>();
  #pages: MarkPages = { marks: new Map(), problems: [] };
  #answered = false;
  #signal: AbortSignal | null = null;
  readonly #watches = new Set<Promise<void>>();

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.setPolicies(options.policies);
  }

  /** Which services are followed. One that stays keeps its instances; it is asked for anew only where its selector changed. */
  setPolicies(policies: readonly ServicePolicy[]): void {
    const kept = new Set(policies.map(({ service }) => service));
    for (const [service, entry] of this.#entries) {
      if (kept.has(service)) continue;
      entry.watch?.abort();
      this.#entries.delete(service);
    }
    for (const policy of policies) this.#put(policy);
  }

  /** Consul answered anything since the start. */
  get answered(): boolean {
    return this.#answered;
  }

  discovery(service: ServiceName): Discovery {
    return (this.#entries.get(service)?.memory ?? emptyRegistry).discovery;
  }

  /** Since when the instance takes traffic, or does not; null: nobody said. */
  mark(service: ServiceName, id: InstanceId): RotationMark | null {
    return this.#pages.marks.get(service)?.get(id) ?? null;
  }

  /** Follows until the signal aborts; never rejects for anything that Consul does. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    this.#signal = signal;
    for (const entry of this.#entries.values()) this.#start(entry);
    await Promise.all([
      this.#watchMarks(signal),
      runLoop({ name: 'confirm discovery', everyMs: CONFIRM_MS, clock, log }, () => this.#confirm(signal), signal),
    ]);
    await Promise.all(this.#watches);
  }

  #put(policy: ServicePolicy): void {
    const entry = this.#entries.get(policy.service);
    if (!entry) {
      const added = { policy, memory: emptyRegistry, watch: null };
      this.#entries.set(policy.service, added);
      this.#start(added);
      return;
    }
    const same = isDeepStrictEqual(askedOf(entry.policy), askedOf(policy));
    entry.policy = policy;
    if (same) return;
    entry.memory = reselect(entry.memory);
    this.#start(entry);
  }

  /** Asks for the service until it is removed, asked for otherwise, or everything ends. */
  #start(entry: Entry): void {
    if (!this.#signal) return;
    entry.watch?.abort();
    entry.watch = new AbortController();
    const watch = this.#watch(entry, AbortSignal.any([this.#signal, entry.watch.signal]));
    this.#watches.add(watch);
    void watch.finally(() => this.#watches.delete(watch));
  }

  async #watch(entry: Entry, signal: AbortSignal): Promise<void> {
    const { consul, maxStaleMs, log } = this.#options;
    const { service, selector, datacenters } = entry.policy;
    let reported = '';
    await consul.watchHealth(service, { selector, datacenters, stale: true, maxStaleMs }, signal, (event) => {
      if (signal.aborted) return;
      this.#take(entry, event);
      const dropped = event.kind === 'value' ? event.dropped : [];
      const names = JSON.stringify(dropped);
      if (dropped.length > 0 && names !== reported) log.warn({ service, dropped }, 'registrations are ignored');
      if (event.kind === 'value') reported = names;
    });
  }

  async #watchMarks(signal: AbortSignal): Promise<void> {
    const { consul, prefix, log } = this.#options;
    const plans = `${prefix}plan/`;
    await consul.watchKv(plans, signal, (event) => {
      // An error keeps the last marks: they say since when, and time does not spoil that.
      if (event.kind === 'error') return;
      this.#answered = true;
      this.#pages = parseMarks(plans, event.value);
      for (const problem of this.#pages.problems) log.warn({ problem }, 'rotation marks are ignored');
    });
  }

  #take(entry: Entry, event: RegistryEvent): void {
    this.#answered ||= event.kind === 'value';
    const { policy, memory: before } = entry;
    entry.memory = foldRegistry(before, event, policy, policy.guardrails.shrink);
    this.#report(policy.service, before.discovery, entry.memory.discovery);
    this.#options.onDiscovery(policy, entry.memory.discovery);
  }

  /** Asks the leader, not a stale server: a list that is not believed deserves a second source. */
  async #confirm(signal: AbortSignal): Promise<void> {
    const { consul, clock } = this.#options;
    for (const entry of [...this.#entries.values()]) {
      if (entry.memory.shrink.pending === null) continue;
      const { policy } = entry;
      const { service } = policy;
      // That Consul fails is told by the watch; it confirms nothing, and keeps nobody else from being confirmed.
      const list = await consul.health(service, askedOf(policy), signal).catch(() => null);
      const asked = this.#entries.get(service) === entry && isDeepStrictEqual(askedOf(entry.policy), askedOf(policy));
      if (asked && list) this.#take(entry, { kind: 'value', value: list.entries, at: clock.now() });
    }
  }

  #report(service: ServiceName, before: Discovery, after: Discovery): void {
    const { log } = this.#options;
    const fields = { service, instances: after.instances.size, why: after.why };
    if (after.state === 'held' && before.state !== 'held') log.warn(fields, 'discovery holds the last good list');
    else if (after.state === 'live' && before.state !== 'live') log.info(fields, 'discovery is live');
    else if (after.state === 'waiting' && before.why !== after.why) log.warn(fields, 'no list from Consul yet');
  }
}
