import { type Controls, type GatewayView, noControls } from '../client/index.js';
import type { FleetPolicy } from '../model.js';

/** What a plan rests on beside its own service: what people said, and what holds for all services. */
export interface PlanGround {
  /** Null: could not be read. */
  readonly controls: Controls | null;
  readonly fleet: Pick<FleetPolicy, 'maintenance'>;
  /** Null: it does not say what it serves. */
  readonly gateway: GatewayView | null;
}

/** Nobody said anything. */
export const quiet: PlanGround = { controls: noControls, fleet: {}, gateway: null };
