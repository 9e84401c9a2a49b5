import type { ServicePolicy } from '../../config/index.js';
import type { ServicePlan } from '../client/index.js';

/** What a plan says of a service before anything is decided. */
export const nameplate = (policy: ServicePolicy): Pick<ServicePlan, 'service' | 'upstream' | 'mode'> => ({
  service: policy.service,
  upstream: policy.traffic?.upstream ?? null,
  mode: { traffic: policy.traffic?.mode ?? 'none', heal: policy.heal.mode },
});
