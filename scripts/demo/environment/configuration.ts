/** The demo's configuration as Ballast reads it, written as files a person could have written. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { demoServices } from '../fleet/roster.js';
import type { NginxPlace } from './nginx.js';

/**
 * Every default that the demo changes, so that its story is over in a minute and a half: times, and the consent to
 * heal; nothing else of how Ballast judges and acts. Keys are paths in a service file.
 */
export const overridesFor = (interval: string): Readonly<Record<string, string>> => ({
  'scrape.interval': interval,
  'system.interval': interval,
  'traffic.breaker.open': '2s',
  'heal.after': '5s',
  'heal.mode': 'act',
});

export interface ConfigurationPlan {
  readonly directory: string;
  readonly data: string;
  readonly consul: string;
  readonly prefix: string;
  readonly ports: {
    readonly engine: number;
    readonly scheduler: number;
    readonly mark: number;
    readonly exporter: number;
  };
  readonly nginx: NginxPlace;
  readonly runtime: unknown;
  readonly retries: boolean;
  readonly overrides: Readonly<Record<string, string>>;
  readonly dockerSocket: string;
}

const nested = (flat: Readonly<Record<string, string>>): Record<string, unknown> => {
  const tree: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(flat)) {
    const parts = path.split('.');
    const last = parts.pop() ?? path;
    let at = tree;
    for (const part of parts) at = (at[part] ??= {}) as Record<string, unknown>;
    at[last] = value;
  }
  return tree;
};

const merge = (into: Record<string, unknown>, from: Record<string, unknown>): Record<string, unknown> => {
  for (const [key, value] of Object.entries(from)) {
    const there = into[key];
    const both = typeof there === 'object' && there !== null && typeof value === 'object' && value !== null;
    into[key] = both ? merge(there as Record<string, unknown>, value as Record<string, unknown>) : value;
  }
  return into;
};

export const serviceFile = (service: string, plan: ConfigurationPlan): string => {
  const file = {
    service,
    preset: ['node', 'node-exporter'],
    owner: 'demo',
    system: { url: `http://{{instance.address}}:${plan.ports.exporter}/metrics` },
    traffic: { upstream: service, ...(plan.retries ? {} : { retries: false }) },
    runtime: plan.runtime,
  };
  return stringify(merge(file, nested(plan.overrides)), { lineWidth: 0 });
};

export const ballastFile = (plan: ConfigurationPlan): string =>
  stringify(
    {
      consul: { url: plan.consul, prefix: plan.prefix },
      engine: { listen: { port: plan.ports.engine }, data: join(plan.data, 'engine') },
      scheduler: {
        listen: { port: plan.ports.scheduler },
        data: join(plan.data, 'scheduler'),
        engine: { url: `http://127.0.0.1:${plan.ports.engine}` },
      },
      gateway: { ...plan.nginx, mark: { port: plan.ports.mark } },
      docker: { socket: plan.dockerSocket },
    },
    { lineWidth: 0 },
  );

export const writeConfiguration = async (plan: ConfigurationPlan): Promise<void> => {
  const services = join(plan.directory, 'services');
  await mkdir(services, { recursive: true });
  await writeFile(join(plan.directory, 'ballast.yaml'), ballastFile(plan));
  for (const service of demoServices) await writeFile(join(services, `${service}.yaml`), serviceFile(service, plan));
};
