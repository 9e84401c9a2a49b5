import type { Backend } from '../backend.js';
import type { Ending, RetryRule } from '../requests.js';
import { RoundRobin } from './round-robin.js';

const maxFails = 1;
const failTimeoutS = 10;

interface Record {
  fails: number;
  /** Seconds, as NGINX counts: of the last failure, and of the last time that it was tried or failed. */
  accessed: number;
  checked: number;
}

/**
 * NGINX's own ejection as it comes: `max_fails=1 fail_timeout=10s`. An ejected server is asked once after that time, and is
 * back with the first answer; one that is left alone in its group is never ejected, and where all are, the proxy answers 502.
 * Failures are what `proxy_next_upstream` names. One worker, or a shared `zone`.
 */
export class Passive extends RoundRobin {
  private readonly records = new Map<Backend, Record>();

  constructor(override readonly retry: RetryRule) {
    super(retry);
  }

  override pick(tried: readonly Backend[], now: number): Backend | null {
    const server = super.pick(tried, now);
    const record = server && this.records.get(server);
    const second = Math.floor(now / 1_000);
    if (record && second - record.checked > failTimeoutS) record.checked = second;
    return server;
  }

  override ended(server: Backend, ending: Ending, now: number): void {
    const second = Math.floor(now / 1_000);
    const record = this.records.get(server);
    if (this.retry.after.has(ending))
      this.records.set(server, { fails: (record?.fails ?? 0) + 1, accessed: second, checked: second });
    else if (record && record.accessed < record.checked) record.fails = 0;
  }

  protected override isUsable(server: Backend, now: number): boolean {
    const record = this.records.get(server);
    if (!record || record.fails < maxFails || this.servers.length === 1) return true;
    return Math.floor(now / 1_000) - record.checked > failTimeoutS;
  }
}
