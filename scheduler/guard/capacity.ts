/** Whether enough is left while it is away. */
import { atLeast } from '../facts.js';
import type { Guardrail } from '../model.js';
import { allow, refuse, say } from './verdict.js';

export const single: Guardrail = ({ census, service: { policy } }) => {
  if (census.desired > 1) return allow('SINGLE', `${census.desired} instances are desired`);
  const { single: permitted } = policy.heal;
  return say('SINGLE', permitted === 'restart', `the only instance; heal.single is ${permitted} (needs restart)`);
};

export const minAvailable: Guardrail = ({ census, service: { policy }, instance }) => {
  if (census.desired === 1 && policy.heal.single === 'restart')
    return allow('MIN_AVAILABLE', 'a single instance is restarted in place');
  const others = census.available.size - (census.available.has(instance) ? 1 : 0);
  return say('MIN_AVAILABLE', others >= census.minimum, `needs ${census.minimum} available, has ${others}`);
};

export const maxConcurrent: Guardrail = ({ census, service: { policy }, fleet, tally }) => {
  if (tally.unreadable.length > 0)
    return refuse('MAX_CONCURRENT', `the ledger of ${tally.unreadable.join(', ')} could not be read`);
  const limit = Math.max(1, atLeast(policy.guardrails.maxConcurrent, census.desired));
  const here = tally.openByService.get(policy.service) ?? 0;
  if (here >= limit)
    return refuse('MAX_CONCURRENT', `${here} healings in progress in ${policy.service} (limit ${limit})`);
  if (tally.openActions >= fleet.maxConcurrent)
    return refuse('MAX_CONCURRENT', `${tally.openActions} healings in progress in all (limit ${fleet.maxConcurrent})`);
  return allow(
    'MAX_CONCURRENT',
    `${here} healings in progress in ${policy.service} (limit ${limit}), ${tally.openActions} in all (limit ${fleet.maxConcurrent})`,
  );
};
