/** An NGINX of the demo's own: own folder, own ports, unprivileged; the system's is not touched. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { demoServices } from '../fleet/roster.js';
import { binaryOf } from './binaries.js';
import type { Children } from './children.js';
import { until } from './poll.js';

export interface NginxPlace {
  readonly binary: string;
  readonly prefix: string;
  readonly config: string;
  readonly directory: string;
}

export const nginxPlace = (state: string): NginxPlace => {
  const prefix = join(state, 'nginx');
  return { binary: binaryOf('nginx'), prefix, config: join(prefix, 'nginx.conf'), directory: join(prefix, 'ballast') };
};

/** Ballast's files are named by a pattern: a pattern without a match is no error, and at first there are none. */
const pattern = (file: string): string => `ballast/current/${file.replace(/f$/, '[f]')}`;

const location = (service: string): string => `
        location /${service}/ {
            include ${pattern(`locations/${service}.conf`)};
        }`;

export const nginxConfig = (
  port: number,
): string => `# The demo's NGINX: what a configuration needs to be steered by Ballast.
daemon off;
worker_processes 2;
pid nginx.pid;
error_log error.log notice;
include ${pattern('main.conf')};

events {
    worker_connections 4096;
}

http {
    access_log off;
    default_type application/json;
    client_body_temp_path tmp/body;
    proxy_temp_path tmp/proxy;
    fastcgi_temp_path tmp/fastcgi;
    uwsgi_temp_path tmp/uwsgi;
    scgi_temp_path tmp/scgi;
    keepalive_requests 100000;

    include ${pattern('http.conf')};

    server {
        listen 127.0.0.1:${port};
        location = / {
            return 200 '{"demo":"ballast"}';
        }
${demoServices.map(location).join('\n')}
    }
}
`;

export const startNginx = async (children: Children, place: NginxPlace, port: number): Promise<void> => {
  await mkdir(join(place.prefix, 'tmp'), { recursive: true });
  await mkdir(place.directory, { recursive: true });
  await writeFile(place.config, nginxConfig(port));
  children.start({
    name: 'nginx',
    binary: place.binary,
    arguments: ['-p', place.prefix, '-c', place.config, '-e', join(place.prefix, 'error.log')],
  });
  await until(async () => (await fetch(`http://127.0.0.1:${port}/`)).ok, {
    withinMs: 5_000,
    late: (last) => `NGINX does not answer on port ${port} (${last}); see ${children.logOf('nginx')}`,
  });
};
