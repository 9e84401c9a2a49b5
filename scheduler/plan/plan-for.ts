import type { ServicePolicy } from '../../config/index.js';
import type { Reason, ServicePlan } from '../client/index.js';

/** The plan of a service of which nothing is to be healed: under its name and the modes of its file. */
export const planFor = (
  policy: ServicePolicy,
  state: ServicePlan['state'],
  reasons: Reason[],
  servers: ServicePlan['servers'],
): ServicePlan => ({
  service: policy.service,
  upstream: policy.traffic?.upstream ?? null,
  mode: { traffic: policy.traffic?.mode ?? 'none', heal: policy.heal.mode },
  state,
  reasons,
  servers,
  proposals: [],
});
