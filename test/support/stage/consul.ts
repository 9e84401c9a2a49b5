import { join } from 'node:path';
import { binaryOf } from '../../../scripts/demo/environment/binaries.js';
import { consulAnswers } from '../../../scripts/demo/environment/consul.js';
import { freePorts } from '../../../scripts/demo/environment/ports.js';
import { eventually } from '../eventually.js';
import { Program } from './program.js';

/** One Consul server that keeps its data on the disk, so that it comes back as it was. Leaders are elected as fast as it can. */
export const consulServer = async (state: string, port: number): Promise<Program> => {
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
