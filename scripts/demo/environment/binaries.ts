/** Where the real parts are: on PATH, else where `scripts/lib/install` put them. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../lib/paths.js';

const places = {
  consul: { variable: 'CONSUL_BIN', names: ['consul'], cached: 'consul/consul' },
  nginx: { variable: 'NGINX_BIN', names: ['nginx'], cached: 'nginx/usr/sbin/nginx' },
  nodeExporter: {
    variable: 'NODE_EXPORTER_BIN',
    names: ['prometheus-node-exporter', 'node_exporter'],
    cached: 'node-exporter/usr/bin/prometheus-node-exporter',
  },
  prometheus: { variable: 'PROMETHEUS_BIN', names: ['prometheus'], cached: 'prometheus/usr/bin/prometheus' },
  promtool: { variable: 'PROMTOOL_BIN', names: ['promtool'], cached: 'prometheus/usr/bin/promtool' },
  haproxy: { variable: 'HAPROXY_BIN', names: ['haproxy'], cached: 'haproxy/usr/sbin/haproxy' },
} as const;

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

export const binaryOf = (part: keyof typeof places): string => {
  const { variable, names, cached } = places[part];
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  const given = process.env[variable];
  const candidates = [
    ...(given ? [given] : []),
    ...folders.flatMap((folder) => names.map((name) => join(folder, name))),
    join(packageRoot, '.cache', cached),
  ];
  const found = candidates.find(isExecutable);
  if (!found) throw new Error(`${names[0]} is neither on PATH nor in .cache; run scripts/lib/install`);
  return found;
};
