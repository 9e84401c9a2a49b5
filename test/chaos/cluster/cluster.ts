/** Three Consul servers on loopback addresses of their own, an agent beside the fleet, and a link to it for each scheduler. */
import { join } from 'node:path';
import { binaryOf } from '../../../scripts/demo/environment/binaries.js';
import { freePorts } from '../../../scripts/demo/environment/ports.js';
import { eventually } from '../../support/eventually.js';
import { type ConsulSite, hasLeader } from '../../support/stage/consul.js';
import { Program } from '../../support/stage/program.js';
import { Link } from './link.js';

const hosts = ['127.0.0.11', '127.0.0.12', '127.0.0.13'] as const;
const agentHost = '127.0.0.10';

interface Node {
  readonly name: string;
  readonly host: string;
  readonly http: number;
  readonly rpc: number;
  readonly gossip: number;
}

const newNode = async (name: string, host: string): Promise<Node> => {
  const [http = 0, rpc = 0, gossip = 0] = await freePorts(3);
  return { name, host, http, rpc, gossip };
};

/** Elections as quick as Consul's guide wants them for production; each keeps its data on the disk, and comes back with it. */
const programOf = (node: Node, all: readonly Node[], isServer: boolean, state: string): Program => {
  const { name, host, http, rpc, gossip } = node;
  const others = all
    .filter((other) => other !== node)
    .flatMap((other) => ['-retry-join', `${other.host}:${other.gossip}`]);
  const hcl = `performance { raft_multiplier = 1 } limits { http_max_conns_per_client = 1000 } leave_on_terminate = false`;
  const words = [
    ...['agent', '-node', name, '-bind', host, '-client', '127.0.0.1', '-data-dir', join(state, name), '-hcl', hcl],
    ...['-http-port', http, '-server-port', rpc, '-serf-lan-port', gossip, '-serf-wan-port', -1],
    ...['-dns-port', -1, '-grpc-port', -1, '-retry-interval', '1s', '-log-level', 'err', ...others],
    ...(isServer ? ['-server', '-bootstrap-expect', hosts.length] : []),
  ];
  return new Program(name, binaryOf('consul'), words.map(String), join(state, `${name}.log`));
};

export class Cluster implements ConsulSite {
  private constructor(
    readonly agent: Program,
    readonly servers: readonly { readonly node: Node; readonly program: Program }[],
    readonly url: string,
    /** To the agent, one for each scheduler. */
    readonly links: readonly [Link, Link],
  ) {}

  static async in(state: string): Promise<Cluster> {
    const nodes = await Promise.all(hosts.map((host, i) => newNode(`server-${i + 1}`, host)));
    const beside = await newNode('beside', agentHost);
    const servers = nodes.map((node) => ({ node, program: programOf(node, nodes, true, state) }));
    const agent = programOf(beside, nodes, false, state);
    const links = [await Link.to(beside.http), await Link.to(beside.http)] as const;
    return new Cluster(agent, servers, `http://127.0.0.1:${beside.http}`, links);
  }

  get ofSchedulers(): readonly [string, string] {
    return [this.links[0].url, this.links[1].url];
  }

  async start(): Promise<void> {
    for (const { program } of this.servers) program.start();
    this.agent.start();
    await hasLeader(this.url);
  }

  async end(): Promise<void> {
    await this.agent.end('SIGKILL');
    for (const { program } of this.servers) await program.end('SIGKILL');
    for (const link of this.links) await link.close();
  }

  /** The server that leads, as a living one says; null: there is none. */
  async leader(): Promise<Program | null> {
    for (const { node, program } of this.servers) {
      if (!program.runs) continue;
      const answer = await fetch(`http://127.0.0.1:${node.http}/v1/status/leader`, {
        signal: AbortSignal.timeout(2_000),
      })
        .then((found) => found.json())
        .catch(() => null);
      const found = this.servers.find((server) => answer === `${server.node.host}:${server.node.rpc}`);
      if (found?.program.runs) return found.program;
    }
    return null;
  }

  /** Resolves with the milliseconds until there is a leader (again), and the agent hears of it. */
  async untilLed(withinMs: number): Promise<number> {
    const from = performance.now();
    await eventually(async () => (await this.leader()) !== null, { timeoutMs: withinMs, everyMs: 50 });
    await hasLeader(this.url);
    return performance.now() - from;
  }
}
