/** A real NGINX under its own prefix and on free ports. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayConfig } from '../../config/index.js';
import { packageRoot } from '../../lib/paths.js';
import { eventually } from './eventually.js';
import { freePort } from './ports.js';

/** `NGINX_BIN`, else PATH, else where `scripts/lib/install` puts it. */
export const nginxBinary = (): string => {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  const given = process.env['NGINX_BIN'];
  const candidates = [
    ...(given ? [given] : []),
    ...folders.map((folder) => join(folder, 'nginx')),
    join(packageRoot, '.cache', 'nginx/usr/sbin/nginx'),
  ];
  const found = candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found) throw new Error('nginx is neither on PATH nor in .cache; run scripts/lib/install nginx');
  return found;
};

/** As a person would write it: relative includes of our folder, brackets so that it starts before the first revision. */
const mainConfig = (port: number, upstreams: readonly string[]): string => `
error_log logs/error.log;
pid nginx.pid;
worker_processes 2;
include ballast/current/main[.]conf;
events { worker_connections 512; }
http {
    access_log off;
    client_body_temp_path temp/body;
    proxy_temp_path temp/proxy;
    fastcgi_temp_path temp/fastcgi;
    uwsgi_temp_path temp/uwsgi;
    scgi_temp_path temp/scgi;
    include ballast/current/http[.]conf;
    server {
        listen 127.0.0.1:${port};
${upstreams.map((name) => `        location /${name}/ { include ballast/current/locations/${name}[.]conf; }`).join('\n')}
    }
}
`;

export interface TestNginx {
  readonly config: GatewayConfig;
  /** Where its clients connect. */
  readonly url: string;
  readonly port: number;
  /** Starts it, and waits until it listens. */
  start(): Promise<void>;
  /** Kills the master at once, and its workers. */
  kill(): Promise<void>;
  errorLog(): Promise<string>;
  /** Stops it and removes its folder. */
  stop(): Promise<void>;
}

export interface TestNginxOptions {
  /** Upstreams that get a location `/<name>/`. */
  readonly upstreams: readonly string[];
  readonly gateway?: Partial<GatewayConfig>;
  /** Without: only the folder and its configuration are made. */
  readonly started?: boolean;
}

const gatewayConfig = async (prefix: string, binary: string): Promise<GatewayConfig> => ({
  binary,
  prefix,
  config: join(prefix, 'conf', 'nginx.conf'),
  directory: join(prefix, 'conf', 'ballast'),
  templates: null,
  mark: { host: '127.0.0.1', port: await freePort() },
  workerShutdownTimeoutMs: 2_000,
  routineReloadMs: 100,
  routineBurst: 100,
  urgentReloadMs: 1,
  routineGenerations: 100,
  urgentGenerations: 100,
  gatherQuietMs: 10,
  gatherMaxMs: 50,
  verifyTimeoutMs: 5_000,
});

const workersOf = async (master: number): Promise<readonly number[]> =>
  (await readFile(`/proc/${master}/task/${master}/children`, 'utf8'))
    .split(' ')
    .flatMap((pid) => (pid ? [Number(pid)] : []));

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone, which is what was wanted.
  }
};

export const startNginx = async ({ upstreams, gateway = {}, started = true }: TestNginxOptions): Promise<TestNginx> => {
  const prefix = await mkdtemp(join(tmpdir(), 'ballast-nginx-'));
  const port = await freePort();
  const config = { ...(await gatewayConfig(prefix, nginxBinary())), ...gateway };
  for (const folder of ['conf', 'logs', 'temp']) await mkdir(join(prefix, folder));
  await writeFile(config.config, mainConfig(port, upstreams));
  const url = `http://127.0.0.1:${port}`;
  let master: ChildProcess | null = null;

  const start = async (): Promise<void> => {
    const child = spawn(
      config.binary,
      ['-p', prefix, '-c', config.config, '-g', 'daemon off;', '-e', 'logs/error.log'],
      {
        stdio: 'ignore',
      },
    );
    master = child;
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(await errorLog());
      return (await fetch(url)).status > 0;
    });
  };
  const errorLog = (): Promise<string> => readFile(join(prefix, 'logs', 'error.log'), 'utf8');
  const end = async (name: NodeJS.Signals): Promise<void> => {
    const child = master;
    master = null;
    if (child?.pid === undefined || child.exitCode !== null) return;
    const workers = await workersOf(child.pid);
    const gone = once(child, 'exit');
    signal(child.pid, name);
    for (const worker of name === 'SIGKILL' ? workers : []) signal(worker, name);
    await gone;
  };
  if (started) await start();
  return {
    config,
    url,
    port,
    start,
    errorLog,
    kill: () => end('SIGKILL'),
    stop: async () => {
      await end('SIGTERM');
      await rm(prefix, { recursive: true, force: true });
    },
  };
};
