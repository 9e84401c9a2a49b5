/**
 * What a template may read: the whole contract, described for people in templates/README.md. Nothing gets past it that
 * could write NGINX configuration, whatever a catalog or a service file says.
 */
import { createHash } from 'node:crypto';
import { isAbsolute, relative } from 'node:path';
import { z } from 'zod';
import { type GatewayConfig, instanceIdPattern, serviceNamePattern } from '../../config/index.js';
import { markPath } from './mark.js';
import { serverAddress } from './address.js';
import type { DesiredUpstream } from './types.js';

const milliseconds = z.int().min(1).max(3_600_000);

export const serverModelSchema = z.strictObject({
  instance: z.string().regex(instanceIdPattern),
  /** `10.0.0.7:8080` or `[fd00::7]:8080`, as NGINX writes it. */
  at: z.string(),
  /** 1..100; 0 is out of rotation, and must be written as `down`: `weight=0` is an error to NGINX. */
  weight: z.int().min(0).max(100),
});
export type ServerModel = z.infer<typeof serverModelSchema>;

export const upstreamModelSchema = z.strictObject({
  name: z.string().regex(serviceNamePattern),
  service: z.string().regex(serviceNamePattern),
  retries: z.boolean(),
  connectTimeoutMs: milliseconds,
  readTimeoutMs: milliseconds,
  zoneKilobytes: z.int().positive(),
  /** False: no server has a weight; the template must name the server of last resort, or NGINX would answer 502. */
  inRotation: z.boolean(),
  servers: z.array(serverModelSchema),
});
export type UpstreamModel = z.infer<typeof upstreamModelSchema>;

export const gatewayModelSchema = z.strictObject({
  revision: z.string(),
  /** How the configuration includes our folder, for comments. */
  include: z.string().regex(/^[\w./@+-]+$/, 'a path that NGINX reads without quotes'),
  mark: z.strictObject({ at: z.string(), path: z.literal(markPath) }),
  workerShutdownTimeoutMs: milliseconds,
  upstreams: z.array(upstreamModelSchema),
});
export type GatewayModel = z.infer<typeof gatewayModelSchema>;

/** The model, and one sentence for each upstream or server that had to be left out. */
export interface Checked {
  readonly model: GatewayModel;
  readonly servers: Manifested;
  readonly leftOut: readonly string[];
}
export type Manifested = Readonly<Record<string, readonly DesiredServer[]>>;
type DesiredServer = DesiredUpstream['servers'][number];

/**
 * NGINX keeps a group's servers in a memory of fixed size and refuses the whole configuration when they do not fit:
 * 64 KiB hold fewer than 100. One KiB each is enough; powers of two, so that a few servers more change nothing.
 */
const zoneKilobytes = (servers: number): number => 2 ** Math.ceil(Math.log2(64 + servers));

/** Where an instance stands in its group: by hash, so that no two groups begin with the same machine. */
const place = (upstream: string, server: DesiredServer): string =>
  createHash('sha256').update(`${upstream}\n${server.instance}\n${server.address}\n${server.port}`).digest('hex');

const shuffled = (upstream: string, servers: readonly DesiredServer[]): readonly DesiredServer[] =>
  servers
    .map((server) => ({ server, key: place(upstream, server) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.server.weight - b.server.weight))
    .map(({ server }) => server);

/** Why a server cannot be in a configuration; null: it can. All of this comes from the catalog. */
const refusal = ({ instance, address, port }: DesiredServer): string | null => {
  if (!instanceIdPattern.test(instance)) return 'its id has characters that are not allowed';
  const at = serverAddress(address, port);
  return at.ok ? null : at.why;
};

const upstreamModel = (desired: DesiredUpstream, servers: readonly DesiredServer[]): UpstreamModel => ({
  name: desired.name,
  service: desired.service,
  retries: desired.retries,
  connectTimeoutMs: desired.connectTimeoutMs,
  readTimeoutMs: desired.readTimeoutMs,
  zoneKilobytes: zoneKilobytes(servers.length),
  inRotation: servers.some((server) => server.weight > 0),
  servers: servers.flatMap(({ instance, address, port, weight }) => {
    const at = serverAddress(address, port);
    return at.ok ? [{ instance, at: at.text, weight }] : [];
  }),
});

const quoted = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** How the include lines name our folder: relative where it lies below the configuration, as the test of candidates needs it. */
export const includePath = (config: Pick<GatewayConfig, 'config' | 'directory'>): string => {
  const path = relative(config.config.replace(/[^/]*$/, '') || '/', config.directory);
  return `${path.startsWith('..') || isAbsolute(path) ? config.directory : path || '.'}/current`;
};

/**
 * The wall. What comes from a catalog (ids, addresses, ports) or a file (names) is left out when it is not fit, and
 * reported; what we computed ourselves (weights, timeouts) must be right, or nothing is rendered at all: throws ZodError.
 */
export const checkDesired = (
  desired: readonly DesiredUpstream[],
  config: Pick<GatewayConfig, 'config' | 'directory' | 'mark' | 'workerShutdownTimeoutMs'>,
  revision: string,
): Checked => {
  const leftOut: string[] = [];
  const upstreams = new Map<string, UpstreamModel>();
  const manifested: Record<string, readonly DesiredServer[]> = {};
  for (const upstream of [...desired].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))) {
    const { name, service } = upstream;
    if (!serviceNamePattern.test(name) || !serviceNamePattern.test(service) || upstreams.has(name)) {
      const why = upstreams.has(name) ? 'another service has this upstream already' : 'the name is not allowed';
      leftOut.push(`upstream ${quoted(name)} of ${quoted(service)}: ${why}`);
      continue;
    }
    const servers = shuffled(name, upstream.servers).filter((server) => {
      const why = refusal(server);
      if (why !== null) leftOut.push(`server ${quoted(server.instance)} of upstream ${name}: ${why}`);
      return why === null;
    });
    upstreams.set(name, upstreamModel(upstream, servers));
    manifested[name] = servers;
  }
  const mark = serverAddress(config.mark.host, config.mark.port);
  if (!mark.ok) throw new Error(`gateway.mark: ${mark.why}`);
  const model = gatewayModelSchema.parse({
    revision,
    include: includePath(config),
    mark: { at: mark.text, path: markPath },
    workerShutdownTimeoutMs: config.workerShutdownTimeoutMs,
    upstreams: [...upstreams.values()],
  });
  return { model, servers: manifested, leftOut };
};
