/** A fleet of a user's own service files. */
import type { BallastConfig, InstanceId, ServicePolicy } from '../../../config/index.js';
import type { FleetPolicy } from '../../../scheduler/model.js';
import type { Fleet } from '../fleet.js';
import { type Receivers, receiversOf } from './on-call.js';

export interface FleetOptions {
  /** Instances of each service; null: as many as its file desires, else four. */
  readonly instances: number | null;
  /** Requests a second to each service. */
  readonly perSecond: number;
  /** `heal.mode` is left as the files say; otherwise all are simulated as `act`. */
  readonly asIs: boolean;
}

export interface UserFleet {
  readonly policies: Fleet;
  readonly limits: FleetPolicy;
  readonly receivers: Receivers;
  /** What is not simulated as the files say it, in sentences. */
  readonly notes: readonly string[];
}

const usualInstances = 4;

export const instancesOf = ({ guardrails }: ServicePolicy, { instances }: FleetOptions): number =>
  instances ?? guardrails.desired ?? usualInstances;

/** Simulated instances are named by number, so of the protected only their count can be kept. */
const shielded = ({ service, protected: names }: ServicePolicy, instances: number): readonly InstanceId[] =>
  Array.from({ length: Math.min(names.length, instances) }, (_, nth) => `${service}-${instances - nth}` as InstanceId);

const notesOf = (policy: ServicePolicy, instances: number, { asIs }: FleetOptions): readonly string[] => {
  const { service, heal, guardrails, runtime, traffic, metrics } = policy;
  const notes: string[] = [];
  if (heal.mode !== 'act' && !asIs) notes.push(`${service}: heal.mode is ${heal.mode}; simulated as act`);
  if (guardrails.desired !== null && guardrails.desired !== instances)
    notes.push(`${service}: its file says desired: ${guardrails.desired}, and ${instances} are simulated`);
  if (runtime.kind === 'none') notes.push(`${service}: no runtime, so nobody can restart anything: add runtime:`);
  if (traffic?.mode !== 'act') notes.push(`${service}: traffic is not steered; every instance gets the same`);
  if (!metrics.some(({ source, dryRun }) => source.kind === 'ratio' && !dryRun))
    notes.push(`${service}: no metric is a ratio of requests: failing requests show nowhere`);
  if (!metrics.some(({ source, dryRun }) => source.kind === 'stall' && !dryRun))
    notes.push(`${service}: no metric is a stall: a hang behind a healthy page shows nowhere`);
  return notes;
};

export const userFleet = (
  services: readonly ServicePolicy[],
  { scheduler, notify }: Pick<BallastConfig, 'notify'> & { readonly scheduler: FleetPolicy },
  options: FleetOptions,
): UserFleet => {
  const { maxActions, maxConcurrent, maintenance } = scheduler;
  const policies = services.map((policy) => {
    const instances = instancesOf(policy, options);
    const heal = options.asIs ? policy.heal : { ...policy.heal, mode: 'act' as const };
    return {
      policy: { ...policy, heal, protected: shielded(policy, instances) },
      instances,
      perSecond: options.perSecond,
    };
  });
  return {
    policies,
    limits: { maxActions, maxConcurrent, ...(maintenance ? { maintenance } : {}) },
    receivers: receiversOf(notify),
    notes: services.flatMap((policy) => notesOf(policy, instancesOf(policy, options), options)),
  };
};
