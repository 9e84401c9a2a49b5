import type { Backend } from '../backend.js';
import type { Balancer } from '../proxy.js';
import { neverAgain, type RetryRule } from '../requests.js';

/** One after the other, whoever they are. */
export class RoundRobin implements Balancer {
  /** A list that changed is a reload. */
  reloads = 0;
  protected servers: readonly Backend[] = [];
  private next = 0;

  constructor(readonly retry: RetryRule = neverAgain) {}

  use(servers: readonly Backend[]): void {
    if (this.servers.length > 0) this.reloads += 1;
    this.servers = servers;
  }

  pick(tried: readonly Backend[], now: number): Backend | null {
    for (let looked = 0; looked < this.servers.length; looked++) {
      const server = this.servers[this.next++ % this.servers.length];
      if (server && !tried.includes(server) && this.isUsable(server, now)) return server;
    }
    return null;
  }

  protected isUsable(_server: Backend, _now: number): boolean {
    return true;
  }

  shareOf(server: Backend, now: number): number {
    return this.isUsable(server, now) ? 1 : 0;
  }

  ended(..._: Parameters<Balancer['ended']>): void {
    // It learns nothing.
  }

  tick(_now: number): void {
    // Nor does it look.
  }
}
