import type { Backend } from '../backend.js';
import { afterNoConnection } from '../requests.js';
import { RoundRobin } from './round-robin.js';

const everyMs = 2_000;
const fall = 3;
const rise = 2;

interface Health {
  isUp: boolean;
  inARow: number;
}

/**
 * HAProxy's `option httpchk` as most write it: `check inter 2s fall 3 rise 2` on a page that says that the process lives. Such
 * a page stays well through errors, latency and hangs of the rest (as the demo's does); it sees a process or a node that is gone.
 */
export class Checked extends RoundRobin {
  private readonly health = new Map<Backend, Health>();
  private checkedAt = -Infinity;

  constructor() {
    super(afterNoConnection);
  }

  override tick(now: number): void {
    if (now - this.checkedAt < everyMs) return;
    this.checkedAt = now;
    for (const server of this.servers) this.look(server);
  }

  protected override isUsable(server: Backend): boolean {
    return this.health.get(server)?.isUp ?? true;
  }

  private look(server: Backend): void {
    const health = this.health.get(server) ?? { isUp: true, inARow: 0 };
    const answers = server.process.alive && !server.isCutOff;
    health.inARow = answers === health.isUp ? 0 : health.inARow + 1;
    if (health.inARow >= (health.isUp ? fall : rise)) {
      health.isUp = !health.isUp;
      health.inARow = 0;
    }
    this.health.set(server, health);
  }
}
