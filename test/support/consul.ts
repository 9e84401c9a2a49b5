import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import axios from 'axios';
import { packageRoot } from '../../lib/paths.js';
import { eventually } from './eventually.js';
import { freePort } from './ports.js';

export interface RunningConsul {
  readonly url: string;
  /** Ends the agent, and with it everything it knew. */
  stop(): Promise<void>;
  /** Ends the agent as a crash does; `start` starts another. */
  kill(): Promise<void>;
  /** Starts an agent at the same address after a {@link kill}. */
  start(): Promise<void>;
  /** Ends the agent and starts another at the same address: it remembers nothing, and its index starts over. */
  restart(): Promise<void>;
}

/** `CONSUL_BIN`, else the one on the PATH, else what the scripts put into the cache. */
export const consulBinary = (): string => {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), join(packageRoot, '.cache', 'consul')];
  const found = folders.map((folder) => join(folder, 'consul')).find((path) => existsSync(path));
  return process.env['CONSUL_BIN'] ?? found ?? 'consul';
};

export interface ConsulSetup {
  /** More of the agent's configuration, in its own language. */
  readonly hcl?: string;
  /** Connections per client address; the agent's own default is 200. */
  readonly connections?: number;
  readonly datacenter?: string;
  readonly wanPort?: number;
  /** Sent with the question whether it is ready. */
  readonly token?: string;
}

const startAgent = async (
  port: number,
  { hcl = '', connections = 2_000, datacenter = 'dc1', wanPort = -1, token }: ConsulSetup,
): Promise<ChildProcess> => {
  const [server, lan] = [await freePort(), await freePort()];
  const limits = `limits { http_max_conns_per_client = ${connections} }\n${hcl}`;
  const ports = ['-http-port', port, '-server-port', server, '-serf-lan-port', lan, '-serf-wan-port', wanPort];
  const others = ['-dns-port', -1, '-grpc-port', -1];
  const agent = spawn(
    consulBinary(),
    [
      'agent',
      '-dev',
      '-node',
      'test-node',
      '-datacenter',
      datacenter,
      '-bind',
      '127.0.0.1',
      '-log-level',
      'err',
      '-hcl',
      limits,
    ].concat([...ports, ...others].map(String)),
    { stdio: 'ignore' },
  );
  const url = `http://127.0.0.1:${port}`;
  await eventually(
    async () => {
      if (agent.exitCode !== null) return false;
      const headers = token === undefined ? {} : { 'X-Consul-Token': token };
      const { data } = await axios.get<unknown>(`${url}/v1/health/node/test-node`, { proxy: false, headers });
      return Array.isArray(data) && data.length > 0;
    },
    { timeoutMs: 20_000, everyMs: 50 },
  ).catch((thrown: unknown) => {
    agent.kill('SIGKILL');
    throw thrown;
  });
  return agent;
};

const end = async (agent: ChildProcess): Promise<void> => {
  if (agent.exitCode !== null || agent.signalCode !== null) return;
  const gone = new Promise((resolve) => agent.once('exit', resolve));
  agent.kill('SIGKILL');
  await gone;
};

/** A Consul agent of its own in development mode, on free ports, gone with this process at the latest. */
export const startConsul = async (setup: ConsulSetup = {}): Promise<RunningConsul> => {
  const port = await freePort();
  let agent = await startAgent(port, setup);
  const atExit = (): void => void agent.kill('SIGKILL');
  process.once('exit', atExit);
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      process.off('exit', atExit);
      await end(agent);
    },
    kill: () => end(agent),
    start: async () => {
      agent = await startAgent(port, setup);
    },
    restart: async () => {
      await end(agent);
      agent = await startAgent(port, setup);
    },
  };
};
