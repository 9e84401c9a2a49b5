import type { Clock } from '../../lib/clock.js';
import type { GatewayView } from '../../scheduler/client/index.js';
import type { DesiredUpstream } from '../../scheduler/gateway/types.js';
import { FakeGateway } from './gateway.js';

/** One whose reloads take a while: what is submitted meanwhile waits, and only the last of it is brought next. */
export class SlowGateway extends FakeGateway {
  private next: readonly DesiredUpstream[] | null = null;
  private coming: GatewayView['servers'] | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly reloadMs: number,
  ) {
    super();
  }

  override submit(desired: readonly DesiredUpstream[]): void {
    this.next = desired;
    if (this.coming === null) void this.bring();
  }

  override view(): GatewayView {
    return { ...super.view(), coming: this.coming };
  }

  private async bring(): Promise<void> {
    for (let plan = this.next; plan !== null; plan = this.next) {
      this.next = null;
      this.coming = Object.fromEntries(plan.map(({ name, servers }) => [name, [...servers]]));
      await this.clock.sleep(this.reloadMs);
      super.submit(plan);
    }
    this.coming = null;
  }
}
