import type { GatewayView } from '../../scheduler/client/index.js';
import { nothingKnown } from '../../scheduler/gateway/board.js';
import type { DesiredUpstream, Gateway } from '../../scheduler/gateway/types.js';

/** A gateway that serves at once what it is told, and counts. */
export class FakeGateway implements Gateway {
  readonly submitted: (readonly DesiredUpstream[])[] = [];
  held = 0;
  private listener: (view: GatewayView) => void = () => undefined;
  private served = nothingKnown;

  submit(desired: readonly DesiredUpstream[]): void {
    this.submitted.push(desired);
    const servers = Object.fromEntries(desired.map((upstream) => [upstream.name, [...upstream.servers]]));
    this.served = { ...this.served, revision: 'r', provenAt: 0, servers, reloads: this.served.reloads + 1 };
    this.listener(this.served);
  }

  hold(): void {
    this.held++;
  }

  view(): GatewayView {
    return this.served;
  }

  rendered(): string | null {
    return null;
  }

  onChange(listener: (view: GatewayView) => void): void {
    this.listener = listener;
  }

  run(): Promise<void> {
    return Promise.resolve();
  }
}
