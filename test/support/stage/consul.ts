import { join } from 'node:path';
import { binaryOf } from '../../../scripts/demo/environment/binaries.js';
import { consulAnswers } from '../../../scripts/demo/environment/consul.js';
import { freePorts } from '../../../scripts/demo/environment/ports.js';
import { eventually } from '../eventually.js';
import { Program } from './program.js';

/** The Consul of a stage: one agent, or several. */
export interface ConsulSite {
  /** Of the agent that the fleet, the engine and the test itself ask. */
  readonly url: string;
  /** What each scheduler asks. */
  readonly ofSchedulers: readonly [string, string];
  readonly agent: Program;
  /** Resolves when there is a leader. */
  start(): Promise<void>;
  end(): Promise<void>;
}

/** One agent for everybody. */
export const oneServer = async (state: string): Promise<ConsulSite> => {
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const agent = await consulServer(state, port);
  return {
    url,
    ofSchedulers: [url, url],
    agent,
    start: async () => {
      agent.start();
      await hasLeader(url);
    },
    end: () => agent.end('SIGKILL'),
  };
};

/** One Consul server that keeps its data on the disk, so that it comes back as it was. Leaders are elected as fast as it can. */
const consulServer = async (state: string, port: number): Promise<Program> => {
  const [server = 0, lan = 0] = await freePorts(2);
  const ports = ['-http-port', port, '-server-port', server, '-serf-lan-port', lan, '-serf-wan-port', -1];
  return new Program(
    'consul',
    binaryOf('consul'),
    [
      ...['agent', '-server', '-bootstrap-expect', '1', '-bind', '127.0.0.1', '-node', 'stage', '-log-level', 'err'],
      ...['-data-dir', join(state, 'consul'), '-hcl', 'performance { raft_multiplier = 1 }'],
      ...[...ports, '-dns-port', -1, '-grpc-port', -1].map(String),
    ],
    join(state, 'consul.log'),
  );
};

export const hasLeader = (url: string): Promise<unknown> =>
  eventually(() => consulAnswers(url), { timeoutMs: 20_000, everyMs: 50 });
