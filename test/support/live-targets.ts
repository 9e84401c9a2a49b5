/** Real programs with metrics pages, and some traffic through them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binaryOf } from '../../scripts/demo/environment/binaries.js';
import { Faults } from '../../scripts/demo/service/faulty.js';
import { createMetrics } from '../../scripts/demo/service/metrics.js';
import { Noise } from '../../scripts/demo/service/noise.js';
import { createService } from '../../scripts/demo/service/server.js';
import { eventually } from './eventually.js';
import { freePort } from './ports.js';

export interface LiveTargets {
  /** Each host:port serves `/metrics`. */
  readonly nodeExporter: string;
  readonly haproxy: string;
  readonly service: string;
  stop(): Promise<void>;
}

const memoryLimitBytes = 256 * 1024 * 1024;

/** Two servers behind it, one of which nobody serves. */
const haproxyConfig = (front: string, service: string, nobody: string): string => `
global
    maxconn 200
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend front
    bind ${front}
    http-request use-service prometheus-exporter if { path /metrics }
    default_backend app
backend app
    retries 0
    server one ${service} weight 100
    server two ${nobody} weight 20
`;

const program = (binary: string, words: readonly string[]): { stop(): Promise<void> } => {
  const child = spawn(binary, [...words], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const atExit = (): void => void child.kill('SIGKILL');
  process.once('exit', atExit);
  return {
    stop: async () => {
      process.off('exit', atExit);
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await ended;
      }
    },
  };
};

const startService = async (address: string): Promise<{ stop(): Promise<void> }> => {
  const [host = '', port = ''] = address.split(':');
  const metrics = createMetrics({ poolSize: 10, memoryLimitBytes });
  const faults = new Faults(memoryLimitBytes, () => undefined);
  const server = createService({ id: 'live-1', startedAt: Date.now(), metrics, faults, noise: new Noise() });
  server.listen(Number(port), host);
  await once(server, 'listening');
  return {
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
};

/** A few requests at a time through HAProxy, until the signal. */
const sendTraffic = async (front: string, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    const paths = ['/', '/orders', '/users'];
    await Promise.all(
      paths.map((path) => fetch(`http://${front}${path}`, { signal }).then((answer) => answer.text())),
    ).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
};

export const startLiveTargets = async (): Promise<LiveTargets> => {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-live-'));
  const [nodeExporter, haproxy, service, nobody] = await Promise.all(
    Array.from({ length: 4 }, async () => `127.0.0.1:${await freePort()}`),
  );
  if (!nodeExporter || !haproxy || !service || !nobody) throw new Error('there are no free ports');
  writeFileSync(join(folder, 'haproxy.cfg'), haproxyConfig(haproxy, service, nobody));
  const running = [
    await startService(service),
    program(binaryOf('nodeExporter'), [`--web.listen-address=${nodeExporter}`]),
    program(binaryOf('haproxy'), ['-f', join(folder, 'haproxy.cfg'), '-db']),
  ];
  const ending = new AbortController();
  const traffic = sendTraffic(haproxy, ending.signal);
  const stop = async (): Promise<void> => {
    ending.abort();
    await traffic;
    await Promise.all(running.map((each) => each.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const address of [nodeExporter, haproxy, service])
      await eventually(async () => (await fetch(`http://${address}/metrics`)).ok, { timeoutMs: 10_000 });
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodeExporter, haproxy, service, stop };
};
