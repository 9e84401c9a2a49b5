import type { Chance } from '../../chance.js';
import type { Backend } from '../backend.js';
import type { PacedGateway } from '../gateway.js';
import type { Balancer } from '../proxy.js';
import type { RetryRule } from '../requests.js';

/**
 * NGINX's `random`, or `random two least_conn`: of two different ones, drawn by weight, the one with fewer connections for its
 * weight, and among equals the second. So where only one has its full weight, and few requests are under way, the others
 * would get what it should: there it is `random` again, unless `always`.
 */
export type Drawing = 'random' | 'random two' | 'always random two';

/** NGINX as our template configures it, with the weights that the scheduler has it serve. */
export class Steered implements Balancer {
  private weights = new Map<Backend, number>();
  private total = 0;
  private most = 1;
  private two = false;
  private seen: unknown = null;
  private servers: readonly Backend[] = [];

  constructor(
    private readonly gateway: PacedGateway,
    private readonly upstream: string,
    readonly retry: RetryRule,
    private readonly drawing: Drawing,
    private readonly chance: Chance,
  ) {}

  get reloads(): number {
    return this.gateway.reloads;
  }

  /** Who is there is Consul's to say, not ours. */
  use(servers: readonly Backend[]): void {
    this.servers = servers;
    this.seen = null;
  }

  pick(tried: readonly Backend[]): Backend | null {
    const first = this.draw(tried, null);
    if (!this.two || first === null) return first;
    const second = this.draw(tried, first);
    if (second === null) return first;
    const [a, b] = [this.weights.get(first) ?? 0, this.weights.get(second) ?? 0];
    return second.conns * a > first.conns * b ? first : second;
  }

  ended(..._: Parameters<Balancer['ended']>): void {
    // `max_fails=0`: the proxy ejects nobody.
  }

  tick(now: number): void {
    this.gateway.adopt(now);
    const upstream = this.gateway.upstream(this.upstream);
    if (upstream === this.seen) return;
    this.seen = upstream;
    const by = new Map(this.servers.map((server) => [server.process.id as string, server]));
    const served = upstream?.servers.flatMap(({ instance, weight }) => {
      const server = by.get(instance);
      return server && weight > 0 ? [[server, weight] as const] : [];
    });
    this.weights = new Map(served);
    this.total = [...this.weights.values()].reduce((sum, weight) => sum + weight, 0);
    this.most = Math.max(1, ...this.weights.values());
    const full = [...this.weights.values()].filter((weight) => weight === this.most).length;
    this.two = this.drawing === 'always random two' || (this.drawing === 'random two' && full > 1);
  }

  shareOf(server: Backend): number {
    return (this.weights.get(server) ?? 0) / this.most;
  }

  private draw(tried: readonly Backend[], not: Backend | null): Backend | null {
    let left = this.total;
    for (const server of tried) left -= this.weights.get(server) ?? 0;
    if (not !== null) left -= this.weights.get(not) ?? 0;
    if (left <= 0) return null;
    let at = this.chance.next() * left;
    for (const [server, weight] of this.weights) {
      if (server === not || tried.includes(server)) continue;
      at -= weight;
      if (at < 0) return server;
    }
    return null;
  }
}
