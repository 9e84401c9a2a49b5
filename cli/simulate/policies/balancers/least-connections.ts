import type { Backend } from '../backend.js';
import { RoundRobin } from './round-robin.js';

/** NGINX's `least_conn`: whoever has the fewest connections; among equals in turn. */
export class LeastConnections extends RoundRobin {
  private from = 0;

  override pick(tried: readonly Backend[]): Backend | null {
    let best: Backend | null = null;
    const { length } = this.servers;
    this.from = (this.from + 1) % Math.max(1, length);
    for (let nth = 0; nth < length; nth++) {
      const server = this.servers[(this.from + nth) % length];
      if (server && !tried.includes(server) && (best === null || server.conns < best.conns)) best = server;
    }
    return best;
  }
}
