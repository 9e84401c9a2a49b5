import type { HealthEntry, HealthList } from './catalog.js';
import type { HealthEvent } from './types.js';

type Known = HealthList & { readonly index: number };

/**
 * The lists of several datacenters as one, folded event by event. A datacenter that fails keeps its last list, and every
 * value says so; before each of them has answered or failed once, there is no list at all.
 */
export class DatacenterLists {
  readonly #known = new Map<string, Known>();
  readonly #failing = new Map<string, string>();

  constructor(private readonly datacenters: readonly string[]) {}

  /** What to tell; null: nothing yet. */
  take(datacenter: string, event: HealthEvent): HealthEvent | null {
    if (event.kind === 'error') {
      this.#failing.set(datacenter, event.why);
      return this.#known.size === 0
        ? { ...event, why: `datacenter ${datacenter}: ${event.why}` }
        : this.#told(event.at);
    }
    this.#failing.delete(datacenter);
    const entries = event.value.map((entry) => (entry.datacenter === '' ? { ...entry, datacenter } : entry));
    this.#known.set(datacenter, { entries, dropped: event.dropped, index: event.index });
    return this.#told(event.at);
  }

  #told(at: number): HealthEvent | null {
    const silent = this.datacenters.filter((each) => !this.#known.has(each));
    if (silent.some((each) => !this.#failing.has(each))) return null;
    const lists = this.datacenters.flatMap((each) => this.#known.get(each) ?? []);
    const trouble = [...this.#failing].sort().map(([name, why]) => `datacenter ${name}: ${why}`);
    return {
      kind: 'value',
      value: lists.flatMap(({ entries }) => entries),
      dropped: lists.flatMap(({ dropped }) => dropped),
      index: Math.max(...lists.map(({ index }) => index)),
      at,
      trouble: trouble.length === 0 ? null : trouble.join('; '),
      partial: silent.length > 0,
    };
  }
}

/** Entries of an answer to one question, marked with whom it was asked where they do not say. */
export const markedWith = (datacenter: string, entries: readonly HealthEntry[]): readonly HealthEntry[] =>
  entries.map((entry) => (entry.datacenter === '' ? { ...entry, datacenter } : entry));
