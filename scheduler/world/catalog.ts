import type { GuardrailPolicy, InstanceId } from '../../config/index.js';
import type { HealthEntry } from '../../lib/consul/catalog.js';
import { uniqueIds } from '../../lib/consul/ids.js';
import { newShrink, type ShrinkMemory, stepShrink } from '../../lib/consul/shrink.js';
import type { CatalogEntry, CatalogState } from '../model.js';

/** What the fold of one service's discovery remembers. */
export interface CatalogMemory {
  readonly state: CatalogState;
  readonly shrink: ShrinkMemory;
}

export const emptyCatalog: CatalogMemory = {
  state: { kind: 'waiting', why: 'no answer from Consul yet' },
  shrink: newShrink,
};

/** Consul is asked for other instances of the service now: its next list may lose as many as it likes. */
export const reselectCatalog = ({ state }: CatalogMemory): CatalogMemory => ({ state, shrink: newShrink });

export type CatalogEvent =
  | {
      readonly kind: 'value';
      readonly value: readonly HealthEntry[];
      readonly at: number;
      /** Of several datacenters, those that fail: of them it is the last list. */
      readonly trouble?: string | null;
      /** Some of these never answered: whatever is there is not in the list. */
      readonly partial?: boolean;
    }
  | { readonly kind: 'error'; readonly why: string; readonly at: number };

const toEntries = (entries: readonly HealthEntry[], spread: boolean): CatalogEntry[] => {
  const ids = uniqueIds(entries, spread);
  return entries.map((entry, i) => ({
    id: (ids[i] ?? entry.serviceId) as InstanceId,
    node: entry.node,
    address: entry.address,
    port: entry.port,
    meta: entry.meta,
    consul: entry.status,
  }));
};

/**
 * One answer of Consul's, or the lack of one, folded into what is known. A failure keeps the last good list; so does a
 * list that lost many at once, until it was seen often enough. Not received yet stays apart from received empty.
 * `spread`: the service is of several datacenters.
 */
export const foldCatalog = (
  memory: CatalogMemory,
  event: CatalogEvent,
  policy: GuardrailPolicy['shrink'],
  spread = false,
): CatalogMemory => {
  const { state } = memory;
  if (event.kind === 'error') {
    if (state.kind === 'waiting') return { ...memory, state: { kind: 'waiting', why: event.why } };
    const shrink = state.kind === 'held' ? state.shrink : null;
    return { ...memory, state: { kind: 'held', at: state.at, entries: state.entries, why: event.why, shrink } };
  }
  // A first list that lacks a datacenter would take its instances out of rotation.
  if (event.partial === true) {
    const why = event.trouble ?? 'not every datacenter has answered yet';
    return foldCatalog(memory, { kind: 'error', why, at: event.at }, policy, spread);
  }
  const entries = toEntries(event.value, spread);
  const step = stepShrink(
    memory.shrink,
    entries.map((entry) => entry.id),
    policy,
    event.at,
  );
  if (step.accepted || step.pending === null || state.kind === 'waiting') {
    const why = event.trouble ?? null;
    const now: CatalogState =
      why === null
        ? { kind: 'live', at: event.at, entries }
        : { kind: 'held', at: event.at, entries, why, shrink: null };
    return { state: now, shrink: step.memory };
  }
  const { from, to, seen, needed } = step.pending;
  const why = `discovery fell from ${from} to ${to} instances at once; the lost are kept until that was seen again ${needed} times (now ${seen})`;
  const missing = new Set(step.missing);
  const kept = state.entries.filter((entry) => missing.has(entry.id));
  return {
    state: { kind: 'held', at: event.at, entries: [...entries, ...kept], why, shrink: { from, to, seen, needed } },
    shrink: step.memory,
  };
};
