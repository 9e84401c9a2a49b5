/** What a revision serves, in our own words, beside the files that say it in NGINX's: who restarts reads it back. */
import { z } from 'zod';
import type { GatewayView } from '../client/index.js';
import type { GatewayModel, Manifested } from './model.js';
import { revisionPattern } from './mark.js';
import { own } from '../../lib/own.js';

export const manifestName = 'manifest.json';

export const manifestSchema = z.strictObject({
  format: z.literal(1),
  revision: z.string().regex(revisionPattern),
  upstreams: z.record(
    z.string(),
    z.strictObject({
      service: z.string(),
      retries: z.boolean(),
      connectTimeoutMs: z.number(),
      readTimeoutMs: z.number(),
      servers: z.array(
        z.strictObject({ instance: z.string(), address: z.string(), port: z.number(), weight: z.number() }),
      ),
    }),
  ),
});
export type Manifest = z.infer<typeof manifestSchema>;

export const toManifest = (model: GatewayModel, servers: Manifested): Manifest => ({
  format: 1,
  revision: model.revision,
  upstreams: Object.fromEntries(
    model.upstreams.map(({ name, service, retries, connectTimeoutMs, readTimeoutMs }) => [
      name,
      {
        service,
        retries,
        connectTimeoutMs,
        readTimeoutMs,
        servers: (own(servers, name) ?? []).map(({ instance, address, port, weight }) => ({
          instance,
          address,
          port,
          weight,
        })),
      },
    ]),
  ),
});

/** Null when it is not a manifest of ours: then what is served is unknown, not empty. */
export const parseManifest = (text: string): Manifest | null => {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
};

export const servedBy = (manifest: Manifest): GatewayView['servers'] =>
  Object.fromEntries(Object.entries(manifest.upstreams).map(([name, { servers }]) => [name, servers]));

export type Lane = 'urgent' | 'routine';

/**
 * How soon a change must be served. Taking weight away protects clients: urgent. Giving weight back can wait and be
 * gathered. What is not about weights (timeouts, a template, a new upstream) somebody is waiting for: urgent.
 */
export const laneOf = (served: Manifest | null, wanted: Manifest): Lane => {
  if (served === null) return 'urgent';
  const before = weights(served);
  const after = weights(wanted);
  const lowered = [...before].some(([key, weight]) => (after.get(key) ?? 0) < weight);
  if (lowered || settings(served) !== settings(wanted)) return 'urgent';
  return [...after].some(([key, weight]) => weight > (before.get(key) ?? -1)) ? 'routine' : 'urgent';
};

const weights = (manifest: Manifest): Map<string, number> =>
  new Map(
    Object.entries(manifest.upstreams).flatMap(([name, { servers }]) =>
      servers.map((server) => [JSON.stringify([name, server.instance, server.address, server.port]), server.weight]),
    ),
  );

const settings = (manifest: Manifest): string =>
  JSON.stringify(Object.entries(manifest.upstreams).map(([name, upstream]) => ({ name, ...upstream, servers: null })));
