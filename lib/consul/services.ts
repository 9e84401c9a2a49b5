import { z } from 'zod';

/** A service of the catalog, with the tags of all its instances together. Names are as registered: validate before use. */
export interface CatalogService {
  readonly name: string;
  readonly tags: readonly string[];
}

/** Reads an answer of `/v1/catalog/services`, sorted by name. Throws if it is something else. */
export const parseServices = (body: unknown): readonly CatalogService[] =>
  Object.entries(z.record(z.string(), z.array(z.string()).nullable()).parse(body))
    .map(([name, tags]) => ({ name, tags: [...(tags ?? [])].sort() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** A check that is not passing, as far as it tells whose health changed. */
export interface BadCheck {
  readonly node: string;
  /** Empty: it is the node's own, and so of everything that runs there. */
  readonly service: string;
  readonly key: string;
}

const rawBad = z.object({
  Node: z.string(),
  CheckID: z.string(),
  ServiceID: z.string().nullish(),
  ServiceName: z.string().nullish(),
});

/** Reads an answer of `/v1/health/state/critical` or `…/warning`. Throws if it is something else. */
export const parseBad = (body: unknown): readonly BadCheck[] =>
  z
    .array(rawBad)
    .parse(body)
    .map(({ Node, CheckID, ServiceID, ServiceName }) => ({
      node: Node,
      service: ServiceName ?? '',
      key: JSON.stringify([Node, ServiceID ?? '', CheckID]),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));

/** The checks that went from a list or came to it. */
export const changedBetween = (before: readonly BadCheck[], after: readonly BadCheck[]): readonly BadCheck[] => {
  const then = new Set(before.map(({ key }) => key));
  const now = new Set(after.map(({ key }) => key));
  return [...before.filter(({ key }) => !now.has(key)), ...after.filter(({ key }) => !then.has(key))];
};
