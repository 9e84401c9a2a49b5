import type { InstanceId, ServicePolicy } from '../../config/index.js';
import {
  type HealthEntry,
  newShrink,
  type ShrinkMemory,
  type ShrinkPolicy,
  stepShrink,
  uniqueIds,
} from '../../lib/consul/index.js';
import type { Instance } from '../model.js';

export type Instances = ReadonlyMap<InstanceId, Instance>;

/** What is known of one service's instances, and how well. */
export interface Discovery {
  /** `waiting`: no list yet, which is not an empty one. `held`: the last good list, kept because discovery shrank or fails. */
  readonly state: 'waiting' | 'live' | 'held';
  /** A sentence. */
  readonly why: string;
  /** When the last list that counted was received. */
  readonly at: number | null;
  readonly instances: Instances;
}

/** What of a service's policy says whom a list speaks of. */
export type Followed = Pick<ServicePolicy, 'service' | 'datacenters'>;

export interface RegistryMemory {
  readonly discovery: Discovery;
  readonly shrink: ShrinkMemory;
  /** Another question is asked, and its first list is still to come: who is new in it was there before, too. */
  readonly reselected: boolean;
}

export type RegistryEvent =
  | {
      readonly kind: 'value';
      readonly value: readonly HealthEntry[];
      readonly at: number;
      /** Of several datacenters, those that fail: of them it is the last list, if there ever was one. */
      readonly trouble?: string | null;
    }
  | { readonly kind: 'error'; readonly why: string; readonly at: number };

export const emptyRegistry: RegistryMemory = {
  discovery: { state: 'waiting', why: 'Consul has not answered yet', at: null, instances: new Map() },
  shrink: newShrink,
  reselected: false,
};

/** Consul is asked for other instances of the service now. Those known stay until the first list; that one may lose as many as it likes. */
export const reselect = ({ discovery }: RegistryMemory): RegistryMemory => ({
  discovery,
  shrink: newShrink,
  reselected: true,
});

/** A process elsewhere is another process, whatever its id says. */
const sameProcess = (one: Instance, entry: HealthEntry): boolean =>
  one.address === entry.address && one.port === entry.port && one.node.name === entry.node.name;

const joinedAt = (
  { discovery: before, reselected }: RegistryMemory,
  id: InstanceId,
  entry: HealthEntry,
  now: number,
): number | null => {
  if (before.state === 'waiting') return null;
  const known = before.instances.get(id);
  if (known && sameProcess(known, entry)) return known.joinedAt;
  return reselected && !known ? null : now;
};

const toInstances = (
  { service, datacenters }: Followed,
  entries: readonly HealthEntry[],
  before: RegistryMemory,
  now: number,
): Instances => {
  const ids = uniqueIds(entries, datacenters.length > 1);
  const instances = new Map<InstanceId, Instance>();
  entries.forEach((entry, i) => {
    const id = (ids[i] ?? entry.serviceId) as InstanceId;
    const { node, datacenter, address, port, tags, meta, status: consul, why: consulWhy, checks } = entry;
    instances.set(id, {
      id,
      service,
      node,
      datacenter,
      address,
      port,
      tags,
      meta,
      consul,
      consulWhy,
      checks,
      joinedAt: joinedAt(before, id, entry, now),
    });
  });
  return instances;
};

const plural = (count: number): string => `${count} ${count === 1 ? 'instance' : 'instances'}`;

/**
 * One answer of Consul's, or the lack of one, folded into what is known of a service. A failure keeps the last list. A list
 * that lost many at once is believed in what it names; those it lost are kept beside it until the loss was seen often
 * enough. Whoever is in the first list was there before us: no join time.
 */
export const foldRegistry = (
  memory: RegistryMemory,
  event: RegistryEvent,
  followed: Followed,
  policy: ShrinkPolicy,
): RegistryMemory => {
  const { discovery: before } = memory;
  if (event.kind === 'error') {
    const state = before.state === 'waiting' ? 'waiting' : 'held';
    return { ...memory, discovery: { ...before, state, why: `Consul: ${event.why}` } };
  }
  const fresh = toInstances(followed, event.value, memory, event.at);
  const { memory: shrink, missing, pending } = stepShrink(memory.shrink, [...fresh.keys()], policy, event.at);
  if (!pending)
    return {
      discovery: { state: 'live', why: `Consul lists ${plural(fresh.size)}`, at: event.at, instances: fresh },
      shrink,
      reselected: false,
    };
  const { from, to, seen, needed } = pending;
  const why = `discovery fell from ${from} to ${plural(to)} at once; those lost are kept (seen again ${seen} of ${needed} times)`;
  const lost = new Set(missing);
  const kept = [...before.instances].filter(([id]) => lost.has(id));
  const instances = new Map([...fresh, ...kept]);
  return { discovery: { state: 'held', why, at: before.at, instances }, shrink, reselected: false };
};
