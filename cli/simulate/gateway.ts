import type { GatewayView } from '../../scheduler/client/index.js';
import type { DesiredUpstream } from '../../scheduler/gateway/types.js';

/** The proxy as the scheduler knows it: it serves what it was last told, or, while it refuses, what it served before. */
export class SimGateway {
  refuses = false;
  reloads = 0;
  private failures = 0;
  /** How the last try to serve a plan ended. */
  private last: GatewayView['last'] = null;
  protected served: readonly DesiredUpstream[] = [];
  protected wanted: readonly DesiredUpstream[] | null = null;
  /** The view, for as long as it stays the same: it is asked for at every step. */
  private seen: GatewayView | null = null;
  private now = 0;
  private wantedUnder = 0;
  /** The token of what is served. */
  servedUnder = 0;

  /** `token`: of the lock under which it was decided. */
  submit(desired: readonly DesiredUpstream[], token = 0): void {
    this.wanted = desired;
    this.wantedUnder = token;
  }

  /** What is wanted is not what is served, or is wanted under another token. */
  differs(): boolean {
    return this.wanted !== null && (this.wantedUnder !== this.servedUnder || !isSame(this.wanted, this.served));
  }

  /** Takes what is wanted into force; true: something changed. */
  adopt(now: number): boolean {
    const { wanted } = this;
    if (wanted === null || !this.differs()) return false;
    if (isSame(wanted, this.served)) {
      this.servedUnder = this.wantedUnder;
      return true;
    }
    if (this.refuses) {
      this.failures += 1;
      this.ended(false, 'test', 'nginx -t refuses it', now);
      return false;
    }
    return this.serve(wanted, now);
  }

  protected serve(upstreams: readonly DesiredUpstream[], now: number): true {
    this.served = upstreams;
    this.servedUnder = this.wantedUnder;
    this.reloads += 1;
    this.now = now;
    this.ended(true, 'done', 'new workers serve it', now);
    return true;
  }

  private ended(ok: boolean, stage: 'test' | 'done', text: string, at: number): void {
    this.seen = null;
    this.last = { at, revision: String(this.reloads), ok, stage, text, reloadMs: null };
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
      last: this.last,
      reloads: this.reloads,
      failures: this.failures,
    };
  }
}

/** The same servers with the same weights, in the same order. */
export const isSame = (some: readonly DesiredUpstream[], others: readonly DesiredUpstream[]): boolean =>
  some.length === others.length &&
  some.every(({ name, servers }, nth) => {
    const other = others[nth];
    return (
      other?.name === name &&
      other.servers.length === servers.length &&
      servers.every((server, at) => {
        const there = other.servers[at];
        return there?.instance === server.instance && there.weight === server.weight;
      })
    );
  });
