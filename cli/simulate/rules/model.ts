import type { InstanceId, ServicePolicy } from '../../../config/index.js';
import type { Action, ServicePlan } from '../../../scheduler/client/index.js';
import type { DesiredUpstream } from '../../../scheduler/gateway/types.js';
import type { FleetPolicy, ServiceWorld, World } from '../../../scheduler/model.js';
import type { Process } from '../process.js';
import type { SimService } from '../service.js';
import type { Fault, Outage } from '../story.js';
import type { Seen } from './seen.js';

export interface Violation {
  readonly at: number;
  readonly rule: string;
  readonly text: string;
}

/** What the rules may know of the truth. */
export interface Truth {
  readonly services: readonly SimService[];
  readonly fleet: FleetPolicy;
  faultsOf(service: number, process: Process): readonly (Fault | Outage)[];
  /** The runtime cannot be asked, or names two; null: neither. */
  unsure(): { readonly how: 'unreadable' | 'ambiguous'; readonly since: number } | null;
  /** Steps that the runtime works on now. */
  working(id: InstanceId): number;
  /** What the gateway was last told to serve by who led; null: it knows nothing of the service. */
  served(service: SimService): DesiredUpstream | null;
}

/** How a person let a step be taken that Ballast would not have taken alone (docs/guardrails.md). */
export type Power = 'approved' | 'ordered' | 'forced';

/** A rule that a step breaks; `passed`: unless a person let it be taken so. Without: whoever wants it. */
export type Breach = readonly [rule: string, text: string, ...passed: Power[]];

/** A step that the runtime is about to be told of, and everything around it. */
export interface StepView {
  readonly action: Action;
  readonly world: World;
  /** As the decision saw it. */
  readonly state: ServiceWorld;
  readonly plan: ServicePlan | null;
  readonly service: SimService;
  readonly policy: ServicePolicy;
  /** Null: it is gone. */
  readonly process: Process | null;
  readonly isDown: boolean;
  /** The service's place. */
  readonly nth: number;
  readonly truth: Truth;
  readonly seen: Seen;
  readonly now: number;
}

/** Weight by instance, as the gateway serves them; null: Ballast does not steer the service's traffic. */
export const weightsOf = (service: SimService, truth: Pick<Truth, 'served'>): ReadonlyMap<string, number> | null =>
  service.policy.traffic?.mode === 'act'
    ? new Map(truth.served(service)?.servers.map(({ instance, weight }) => [instance, weight]))
    : null;

export type StepRules = (view: StepView) => Generator<Breach>;

export const powersOf = ({ by, approval }: Action): readonly Power[] => {
  if (by.kind === 'human') return by.forced ? ['ordered', 'forced'] : ['ordered'];
  return approval === null ? [] : ['approved'];
};
