import { gateway as budget } from '../../../config/defaults.js';
import { type BudgetMemory, freshBudget, stepBudget } from '../../../scheduler/gateway/budget.js';
import { laneOf, type Manifest } from '../../../scheduler/gateway/manifest.js';
import type { DesiredUpstream } from '../../../scheduler/gateway/types.js';
import { isSame, SimGateway } from '../gateway.js';

/** From the signal until new workers serve: seen with a thousand servers on NGINX 1.22 (docs/performance.md). */
const reloadMs = 50;

/** The gateway with the real one's lanes and budget of reloads; old workers are gone when the next reload is due. */
export class PacedGateway extends SimGateway {
  private spent: BudgetMemory | null = null;
  private asked: readonly DesiredUpstream[] = [];
  private next: { readonly at: number; readonly upstreams: readonly DesiredUpstream[] } | null = null;

  override adopt(now: number): boolean {
    const isServed = this.next !== null && now >= this.next.at && this.serve(this.next.upstreams, now);
    if (isServed) this.next = null;
    if (this.wanted !== null && this.next === null) this.follow(this.wanted, now);
    return isServed;
  }

  private follow(wanted: readonly DesiredUpstream[], now: number): void {
    const differs = !isSame(wanted, this.served);
    const { memory, answer } = stepBudget(
      this.spent ?? freshBudget(budget, now),
      {
        lane: differs ? laneOf(this.served.length === 0 ? null : manifestOf(this.served), manifestOf(wanted)) : null,
        changed: !isSame(wanted, this.asked),
        generations: 1,
      },
      budget,
      now,
    );
    this.spent = memory;
    this.asked = wanted;
    if (answer.do === 'reload') this.next = { at: now + reloadMs, upstreams: wanted };
  }
}

const manifestOf = (upstreams: readonly DesiredUpstream[]): Manifest => ({
  format: 1,
  revision: '0',
  upstreams: Object.fromEntries(
    upstreams.map(({ name, ...upstream }) => [name, { ...upstream, servers: [...upstream.servers] }]),
  ),
});
