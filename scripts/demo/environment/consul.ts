/** A Consul agent for the demo: one server of its own, all in memory. */
import { join } from 'node:path';
import { binaryOf } from './binaries.js';
import type { Children } from './children.js';
import { until } from './poll.js';
import { freePorts } from './ports.js';

const startWithinMs = 20_000;

/** The address of the cluster's leader, or empty: an agent may answer and have none. */
const hasLeader = async (url: string): Promise<boolean> => {
  const answer = await fetch(new URL('/v1/status/leader', url), { signal: AbortSignal.timeout(1_000) });
  return answer.ok && (await answer.text()).length > 2;
};

export const consulAnswers = async (url: string): Promise<boolean> => hasLeader(url).catch(() => false);

/** Names of the services that the catalog knows already. */
export const catalogServices = async (url: string): Promise<readonly string[]> => {
  const answer = await fetch(new URL('/v1/catalog/services', url), { signal: AbortSignal.timeout(5_000) });
  const body: unknown = await answer.json();
  return typeof body === 'object' && body !== null ? Object.keys(body) : [];
};

/** Removes a KV prefix; only for one that the demo itself made. */
export const forgetPrefix = async (url: string, prefix: string): Promise<void> => {
  await fetch(new URL(`/v1/kv/${prefix}?recurse=true`, url), { method: 'DELETE', signal: AbortSignal.timeout(5_000) });
};

export const startConsul = async (children: Children, state: string, port: number): Promise<string> => {
  const [server = 0, serf = 0] = await freePorts(2);
  const ports = [
    '-http-port',
    port,
    '-server-port',
    server,
    '-serf-lan-port',
    serf,
    '-serf-wan-port',
    -1,
    '-dns-port',
    -1,
    '-grpc-port',
    -1,
  ];
  children.start({
    name: 'consul',
    binary: binaryOf('consul'),
    arguments: [
      'agent',
      '-dev',
      '-bind',
      '127.0.0.1',
      '-node',
      'demo',
      '-data-dir',
      join(state, 'consul'),
      ...ports.map(String),
    ],
  });
  const url = `http://127.0.0.1:${port}`;
  await until(() => hasLeader(url), {
    withinMs: startWithinMs,
    late: (last) => `Consul has no leader after ${startWithinMs / 1000} s (${last}); see ${children.logOf('consul')}`,
  });
  return url;
};

/** Entries that a killed instance could not remove itself. */
export const deregisterAll = async (url: string, members: readonly { readonly id: string }[]): Promise<void> => {
  for (const { id } of members)
    await fetch(new URL(`/v1/agent/service/deregister/${encodeURIComponent(id)}`, url), {
      method: 'PUT',
      signal: AbortSignal.timeout(5_000),
    });
};
