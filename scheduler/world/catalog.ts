import type { GuardrailPolicy, InstanceId } from '../../config/index.js';
import type { HealthEntry } from '../../lib/consul/catalog.js';
import { uniqueIds } from '../../lib/consul/ids.js';
import { type ShrinkMemory, stepShrink } from '../../lib/consul/shrink.js';
import type { CatalogEntry, CatalogState } from '../model.js';

/** What the fold of one service's discovery remembers. */
export interface CatalogMemory {
  readonly state: CatalogState;
  readonly shrink: ShrinkMemory | null;
}

export const emptyCatalog: CatalogMemory = { state: { kind: 'waiting', why: 'no answer from Consul yet' }, shrink: null };

export type CatalogEvent =
  | { readonly kind: 'value'; readonly value: readonly HealthEntry[]; readonly at: number }
  | { readonly kind: 'error'; readonly why: string; readonly at: number };

const toEntries = (entries: readonly HealthEntry[]): CatalogEntry[] => {
  const ids = uniqueIds(entries);
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
 */
export const foldCatalog = (memory: CatalogMemory, event: CatalogEvent, policy: GuardrailPolicy['shrink']): CatalogMemory => {
  const { state } = memory;
  if (event.kind === 'error') {
    if (state.kind === 'waiting') return { ...memory, state: { kind: 'waiting', why: event.why } };
    const shrink = state.kind === 'held' ? state.shrink : null;
    return { ...memory, state: { kind: 'held', at: state.at, entries: state.entries, why: event.why, shrink } };
  }
  const entries = toEntries(event.value);
  const step = stepShrink(
    memory.shrink,
    entries.map((entry) => entry.id),
    policy,
    event.at,
  );
  if (step.kind === 'accept' || state.kind === 'waiting')
    return { state: { kind: 'live', at: event.at, entries }, shrink: step.memory };
  const { from, to, seen, needed } = step;
  const why = `discovery fell from ${from} to ${to} instances at once; the last good list is kept (seen ${seen} of ${needed} times)`;
  return {
    state: { kind: 'held', at: state.at, entries: keepFresh(state.entries, entries), why, shrink: { from, to, seen, needed } },
    shrink: step.memory,
  };
};

/** The held list, with what the new answer says of those that it still names. */
const keepFresh = (held: readonly CatalogEntry[], fresh: readonly CatalogEntry[]): CatalogEntry[] => {
  const now = new Map(fresh.map((entry) => [entry.id, entry]));
  return held.map((entry) => now.get(entry.id) ?? entry);
};
