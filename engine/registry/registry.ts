import type { InstanceId, ServiceName, ServicePolicy } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import type { ConsulAccess } from '../../lib/consul/index.js';
import type { Log } from '../../lib/log.js';
import { runLoop } from '../../lib/loop.js';
import type { RotationMark } from '../client/index.js';
import { emptyRegistry, foldRegistry, type Discovery, type RegistryEvent, type RegistryMemory } from './fold.js';
import { parseMarks, type MarkPages } from './marks.js';

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
  readonly policy: ServicePolicy;
  readonly memory: RegistryMemory;
}

/** Follows Consul: the instances of every service, and the rotation marks that the scheduler leaves in the KV store. */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #entries = new Map<ServiceName, Entry>();
  #pages: MarkPages = { marks: new Map(), problems: [] };
  #answered = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
    for (const policy of options.policies) this.#entries.set(policy.service, { policy, memory: emptyRegistry });
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
    const { policies, clock, log } = this.#options;
    await Promise.all([
      ...policies.map((policy) => this.#watch(policy, signal)),
      this.#watchMarks(signal),
      runLoop({ name: 'confirm discovery', everyMs: CONFIRM_MS, clock, log }, () => this.#confirm(signal), signal),
    ]);
  }

  async #watch(policy: ServicePolicy, signal: AbortSignal): Promise<void> {
    const { consul, maxStaleMs, log } = this.#options;
    const how = { selector: policy.selector, stale: true, maxStaleMs } as const;
    let reported = '';
    await consul.watchHealth(policy.service, how, signal, (event) => {
      this.#take(policy, event);
      const dropped = event.kind === 'value' ? event.dropped : [];
      const names = JSON.stringify(dropped);
      if (dropped.length > 0 && names !== reported)
        log.warn({ service: policy.service, dropped }, 'registrations are ignored');
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

  #take(policy: ServicePolicy, event: RegistryEvent): void {
    this.#answered ||= event.kind === 'value';
    const before = this.#entries.get(policy.service)?.memory ?? emptyRegistry;
    const memory = foldRegistry(before, event, policy.service, policy.guardrails.shrink);
    this.#entries.set(policy.service, { policy, memory });
    this.#report(policy.service, before.discovery, memory.discovery);
    this.#options.onDiscovery(policy, memory.discovery);
  }

  /** Asks the leader, not a stale server: a list that is not believed deserves a second source. */
  async #confirm(signal: AbortSignal): Promise<void> {
    const { consul, clock } = this.#options;
    for (const { policy, memory } of [...this.#entries.values()]) {
      if (memory.shrink.pending === null) continue;
      const { entries } = await consul.health(policy.service, { selector: policy.selector }, signal);
      this.#take(policy, { kind: 'value', value: entries, at: clock.now() });
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
