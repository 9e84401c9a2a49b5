/** What stands on the disk of a stage before anything is started. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import {
  ballastFile,
  type ConfigurationPlan,
  overridesFor,
  serviceFile,
} from '../../../scripts/demo/environment/configuration.js';
import { nginxConfig, nginxPlace } from '../../../scripts/demo/environment/nginx.js';
import type { ConsulSite } from './consul.js';

const fleetctl = join(dirname(fileURLToPath(import.meta.url)), '../../../scripts/demo/fleet/fleetctl.js');
export const service = 'orders';
export const prefix = 'stage/';

export interface Session {
  readonly ttl: string;
  readonly renew: string;
  readonly lock_delay: string;
}

/** The least that Consul takes, so that nobody waits longer than needed for a leader that was killed. */
export const shortSession: Session = { ttl: '10s', renew: '3s', lock_delay: '1s' };

export interface StagePorts {
  readonly gateway: number;
  readonly mark: number;
  readonly exporter: number;
  readonly engine: number;
  readonly schedulers: readonly [number, number];
}

/** Restarts an instance as the demo does, writes down when it is asked and when it is done, and waits while it is held. */
const restartScript = (state: string): string => `#!/bin/sh
echo "asked $1" >> ${join(state, 'restarts')}
while [ -e ${join(state, 'hold')} ]; do sleep 0.05; done
'${process.execPath}' '${fleetctl}' --state '${state}' restart "$1" || exit 1
echo "done $1" >> ${join(state, 'restarts')}
`;

const withSession = (text: string, session: Session): string => {
  const file = parse(text) as { consul: Record<string, unknown> };
  return stringify({ ...file, consul: { ...file.consul, session } });
};

/** The same policy for the engine and both schedulers; each has a folder, data and a way to Consul of its own. */
export const writeFiles = async (
  state: string,
  site: ConsulSite,
  ports: StagePorts,
  { overrides, session }: { readonly overrides: Readonly<Record<string, string>>; readonly session: Session },
): Promise<void> => {
  const place = nginxPlace(state);
  const script = join(state, 'restart');
  await writeFile(script, restartScript(state), { mode: 0o755 });
  for (const folder of [join(place.prefix, 'tmp'), place.directory]) await mkdir(folder, { recursive: true });
  await writeFile(place.config, nginxConfig(ports.gateway));
  const [first, second] = ports.schedulers;
  const programs = [
    { name: 'engine-config', scheduler: first, consul: site.url },
    { name: 'first', scheduler: first, consul: site.ofSchedulers[0] },
    { name: 'second', scheduler: second, consul: site.ofSchedulers[1] },
  ];
  for (const { name, scheduler, consul } of programs) {
    const directory = join(state, name);
    const plan: ConfigurationPlan = {
      ...{ directory, data: join(state, `data-${name}`), consul, prefix, ports: { ...ports, scheduler }, nginx: place },
      runtime: { exec: { restart: [script, '{{instance.id}}'], pid_file: join(state, '{{instance.id}}.pid') } },
      retries: true,
      overrides: { ...overridesFor('1s'), ...overrides },
      dockerSocket: '/var/run/docker.sock',
    };
    for (const part of ['engine', 'scheduler']) await mkdir(join(plan.data, part), { recursive: true });
    await mkdir(join(directory, 'services'), { recursive: true });
    await writeFile(join(directory, 'ballast.yaml'), withSession(ballastFile(plan), session));
    await writeFile(join(directory, 'services', `${service}.yaml`), serviceFile(service, plan));
  }
};
