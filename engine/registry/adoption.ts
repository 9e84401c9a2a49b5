/** Which services are scored without a file, because they carry a tag in Consul. Pure: the catalog, what was, and the time. */
import type { DiscoverConfig, ServiceName } from '../../config/index.js';
import { serviceNamePattern } from '../../config/names.js';
import type { CatalogService } from '../../lib/consul/index.js';

export interface Adopted {
  readonly service: ServiceName;
  readonly presets: readonly string[];
}

interface Entry {
  /** What it asks for now, and since when. */
  readonly presets: readonly string[];
  readonly since: number;
  /** What it is scored by; null: not yet. */
  readonly adopted: readonly string[] | null;
  /** Since when the catalog does not show it, or not with the tag; null: it does. */
  readonly goneSince: number | null;
}

export interface AdoptionMemory {
  /** Null: nothing received yet. */
  readonly entries: ReadonlyMap<string, Entry> | null;
}

export const noAdoption: AdoptionMemory = { entries: null };

export interface AdoptionInputs {
  /** The last good answer; while Consul fails it stays, and nobody vanishes. */
  readonly services: readonly CatalogService[];
  /** What instances' meta says, for services that no tag gives a preset; absent: not looked at yet. */
  readonly metas: ReadonlyMap<string, string | null>;
  /** Services that have a file. */
  readonly filed: ReadonlySet<string>;
  readonly presets: ReadonlySet<string>;
}

export interface AdoptionStep {
  readonly memory: AdoptionMemory;
  /** By name. */
  readonly adopted: readonly Adopted[];
  /** Services that have the tag and are not scored, a sentence each. */
  readonly problems: readonly string[];
}

/** `node,node-exporter` */
const listOf = (text: string): readonly string[] =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

/** Named by a tag like `ballast-preset=node`; null: by none. */
const taggedPresets = ({ tags }: CatalogService, { tag }: DiscoverConfig): readonly string[] | null => {
  const start = `${tag}-preset=`;
  const found = tags.find((each) => each.startsWith(start));
  return found === undefined ? null : listOf(found.slice(start.length));
};

/** Tagged services whose preset only their instances' meta may tell. */
export const askMetaOf = (services: readonly CatalogService[], policy: DiscoverConfig): readonly ServiceName[] =>
  services
    .filter((each) => isTagged(each, policy) && taggedPresets(each, policy) === null)
    .map(({ name }) => name as ServiceName);

const isTagged = ({ name, tags }: CatalogService, { tag }: DiscoverConfig): boolean =>
  tags.includes(tag) && serviceNamePattern.test(name);

type Wish = { readonly presets: readonly string[] } | { readonly problem: string } | 'later';

const wishOf = (service: CatalogService, policy: DiscoverConfig, { metas, presets }: AdoptionInputs): Wish => {
  const { name } = service;
  const tagged = taggedPresets(service, policy);
  const meta = tagged === null ? metas.get(name) : null;
  if (meta === undefined) return 'later';
  const wanted = tagged ?? (meta === null ? policy.presets : listOf(meta));
  const unknown = wanted.find((each) => !presets.has(each));
  const known = `there are: ${[...presets].sort().join(', ')}`;
  if (unknown !== undefined)
    return { problem: `${name} asks for the preset ${JSON.stringify(unknown.slice(0, 80))}; ${known}` };
  if (wanted.length > 0) return { presets: wanted };
  return { problem: `${name} has the tag ${policy.tag} and no preset: tag it ${policy.tag}-preset=NAME; ${known}` };
};

const same = (a: readonly string[], b: readonly string[]): boolean => a.join() === b.join();

/** One look. A service is adopted once it has asked for the same for `appearMs`, and let go once it is gone for `vanishMs`. */
export const stepAdoption = (
  { entries: before }: AdoptionMemory,
  inputs: AdoptionInputs,
  policy: DiscoverConfig,
  now: number,
): AdoptionStep => {
  const problems: string[] = [];
  const entries = new Map<string, Entry>();
  const tagged = inputs.services.filter(({ tags }) => tags.includes(policy.tag));
  for (const service of tagged) {
    const { name } = service;
    const known = before?.get(name);
    if (!serviceNamePattern.test(name)) {
      problems.push(`a service has the tag ${policy.tag} and no safe name: ${JSON.stringify(name.slice(0, 80))}`);
      continue;
    }
    const wish = wishOf(service, policy, inputs);
    if (wish !== 'later' && 'problem' in wish) problems.push(wish.problem);
    // A wish that cannot be met leaves what is in force.
    const presets = wish !== 'later' && 'presets' in wish ? wish.presets : known?.presets;
    if (presets === undefined) continue;
    entries.set(name, wished(known, presets, before === null ? 0 : policy.appearMs, now));
  }
  for (const [name, entry] of before ?? []) {
    if (entries.has(name) || entry.adopted === null) continue;
    const goneSince = entry.goneSince ?? now;
    if (now - goneSince < policy.vanishMs) entries.set(name, { ...entry, goneSince });
  }
  return limited(entries, before, inputs.filed, problems, policy);
};

const wished = (known: Entry | undefined, presets: readonly string[], appearMs: number, now: number): Entry => {
  const since = known !== undefined && known.goneSince === null && same(known.presets, presets) ? known.since : now;
  const adopted = known?.adopted ?? null;
  const due = now - since >= appearMs || (adopted !== null && same(adopted, presets));
  return { presets, since, adopted: due ? presets : adopted, goneSince: null };
};

/** Whoever is adopted stays; of the others the first by name, up to the limit. */
const limited = (
  entries: Map<string, Entry>,
  before: AdoptionMemory['entries'],
  filed: ReadonlySet<string>,
  problems: string[],
  { limit }: DiscoverConfig,
): AdoptionStep => {
  const wasAdopted = (name: string): number => ((before?.get(name)?.adopted ?? null) === null ? 1 : 0);
  const asking = [...entries]
    .filter(([name, { adopted }]) => adopted !== null && !filed.has(name))
    .sort(([a], [b]) => wasAdopted(a) - wasAdopted(b) || (a < b ? -1 : 1));
  const refused = asking.slice(limit).map(([name]) => name);
  for (const name of refused) {
    const entry = entries.get(name);
    if (entry) entries.set(name, { ...entry, adopted: null });
  }
  if (refused.length > 0)
    problems.push(
      `${refused.length} services more than the limit of ${limit} have the tag: ${refused.slice(0, 5).join(', ')}${refused.length > 5 ? ', …' : ''}`,
    );
  const adopted = asking
    .slice(0, limit)
    .map(([name, entry]) => ({ service: name as ServiceName, presets: entry.adopted ?? [] }))
    .sort((a, b) => (a.service < b.service ? -1 : 1));
  return { memory: { entries }, adopted, problems: problems.sort() };
};
