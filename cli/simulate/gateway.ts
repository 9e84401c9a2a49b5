import type { GatewayView } from '../../scheduler/client/index.js';
import type { DesiredUpstream } from '../../scheduler/gateway/types.js';

/** The proxy as the scheduler knows it: it serves what it was last told, or, while it refuses, what it served before. */
export class SimGateway {
  refuses = false;
  reloads = 0;
  private failures = 0;
  protected served: readonly DesiredUpstream[] = [];
  protected servedText = '';
  protected wanted: readonly DesiredUpstream[] | null = null;
  /** The view, for as long as it stays the same: it is asked for at every step. */
  private seen: GatewayView | null = null;
  private now = 0;

  submit(desired: readonly DesiredUpstream[]): void {
    this.wanted = desired;
  }

  /** Takes what is wanted into force; true: something changed. */
  adopt(now: number): boolean {
    const wanted = this.wanted;
    if (wanted === null || textOf(wanted) === this.servedText) return false;
    if (this.refuses) {
      this.failures += 1;
      this.seen = null;
      return false;
    }
    return this.serve(wanted, now);
  }

  protected serve(upstreams: readonly DesiredUpstream[], now: number): true {
    this.served = upstreams;
    this.servedText = textOf(upstreams);
    this.seen = null;
    this.reloads += 1;
    this.now = now;
    return true;
  }

  upstream(name: string): DesiredUpstream | null {
    return this.served.find((each) => each.name === name) ?? null;
  }

  view(): GatewayView {
    return (this.seen ??= this.look());
  }

  private look(): GatewayView {
    const servers = this.served.map(({ name, servers: all }) => {
      return [name, all.filter(({ weight }) => weight > 0).map((server) => ({ ...server }))] as const;
    });
    return {
      revision: this.served.length === 0 ? null : String(this.reloads),
      provenAt: this.served.length === 0 ? null : this.now,
      servers: Object.fromEntries(servers),
      coming: null,
      last: null,
      reloads: this.reloads,
      failures: this.failures,
    };
  }
}

export const textOf = (upstreams: readonly DesiredUpstream[]): string =>
  upstreams
    .map(({ name, servers }) => `${name} ${servers.map((s) => `${s.instance}=${s.weight}`).join(' ')}`)
    .join('\n');
