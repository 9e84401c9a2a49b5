/** Whom to look at: the instances of a service in Consul, or pages that somebody names. */
import type { InstanceId, ServiceName } from '../../config/index.js';
import type { ConsulConnection } from '../../lib/consul/index.js';
import { createConsul } from '../../lib/consul/index.js';
import { BallastError } from '../../lib/errors.js';
import * as defaults from '../../config/defaults.js';
import type { Instance } from '../../engine/model.js';
import { emptyRegistry, foldRegistry } from '../../engine/registry/index.js';

export interface Found {
  readonly instances: readonly Instance[];
  /** What was left out, a sentence each. */
  readonly notes: readonly string[];
  /** What the URLs say of the `scrape` section; null: it is still to be found out. */
  readonly scrape: Scraping | null;
}

export interface Scraping {
  readonly scheme: 'http' | 'https';
  readonly path: string;
}

/** More than this teach nothing new, and cost their owners something. */
const atMost = 20;

const nobody = (service: string, listed: number): BallastError =>
  listed === 0
    ? new BallastError('NO_INSTANCES', `Consul knows no instance of ${service}`, {
        hint: 'is that its name in Consul? Without Consul: --url http://HOST:PORT/metrics',
      })
    : new BallastError('NO_INSTANCES', `none of the ${listed} instances of ${service} passes its checks`, {
        hint: 'thresholds from a sick fleet would call sickness good: look again when it is well, or name pages with --url',
      });

/** The instances that Consul calls well. */
export const fromConsul = async (
  service: string,
  connection: ConsulConnection,
  now: number,
  signal: AbortSignal,
): Promise<Found> => {
  const consul = createConsul(connection);
  try {
    const { entries, dropped } = await consul.health(service, { selector: null }, signal);
    const event = { kind: 'value', value: entries, at: now } as const;
    const { discovery } = foldRegistry(
      emptyRegistry,
      event,
      { service: service as ServiceName, datacenters: [] },
      defaults.guardrails.shrink,
    );
    const all = [...discovery.instances.values()];
    const well = all.filter((instance) => instance.consul === 'passing' || instance.consul === 'warning');
    if (well.length === 0) throw nobody(service, all.length);
    const sick = all
      .filter((instance) => !well.includes(instance))
      .map(({ id, consul: status }) => `${id} is ${status}`);
    const notes = [
      ...sick.map((what) => `left out: ${what} in Consul`),
      ...dropped.map(({ name, why }) => `left out: ${name}: ${why}`),
      ...(well.length > atMost ? [`looking at ${atMost} of ${well.length} instances`] : []),
    ];
    return { instances: well.slice(0, atMost), notes, scrape: null };
  } finally {
    consul.close();
  }
};

const parseUrl = (text: string): URL => {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new BallastError('USAGE', `"${text}" is no http or https URL`, {
      hint: 'like --url http://127.0.0.1:8080/metrics',
    });
  return new URL(text);
};

const portOf = ({ port, protocol }: URL): number => (port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port));

const instanceAt = (service: string, url: URL): Instance => {
  const address = url.hostname.replace(/^\[|\]$/g, '');
  const port = portOf(url);
  return {
    id: `${address.replaceAll(':', '-')}-${port}` as InstanceId,
    service: service as ServiceName,
    node: { name: 'node', address },
    datacenter: '',
    address,
    port,
    tags: [],
    meta: {},
    consul: 'passing',
    consulWhy: '',
    checks: [],
    joinedAt: null,
  };
};

/** Pages named one by one: they must differ in host and port alone, as a service file has one path for all. */
export const fromUrls = (service: string, urls: readonly string[]): Found => {
  const parsed = urls.map(parseUrl);
  const ways = new Set(parsed.map(({ protocol, pathname, search }) => `${protocol} ${pathname}${search}`));
  const [first] = parsed;
  if (first === undefined || ways.size > 1)
    throw new BallastError('USAGE', `the ${urls.length} URLs have ${ways.size} different paths or schemes`, {
      hint: 'a service has one: name pages that differ in host and port only',
    });
  const scheme = first.protocol === 'https:' ? 'https' : 'http';
  const instances = parsed.map((url) => instanceAt(service, url));
  return { instances, notes: [], scrape: { scheme, path: first.pathname + first.search } };
};
