/** What other services say of it. */
import { seconds } from '../facts.js';
import type { GuardContext, Guardrail } from '../model.js';
import { allow, refuse, say } from './verdict.js';

/** After a storm all must be calm for as long as one target rests between two episodes. */
export const storm: Guardrail = ({ storm: seen, service: { policy }, now }) => {
  if (seen === null) return allow('STORM', 'no storm');
  const { cooldownMs } = policy.guardrails;
  const calm = now - seen.at;
  return say('STORM', calm >= cooldownMs, `${seen.text}; calm for ${seconds(calm)} (minimum ${seconds(cooldownMs)})`);
};

/** The same process under two service files: two policies would judge it, and restart it twice. */
export const overlap: Guardrail = ({ world, service, instance, entry }: GuardContext) => {
  if (entry === null) return refuse('OVERLAP', `${instance} is not in Consul's catalog`);
  const other = world.services.find(
    ({ policy, catalog }) =>
      policy.service !== service.policy.service &&
      catalog.kind !== 'waiting' &&
      catalog.entries.some(({ address, port }) => address === entry.address && port === entry.port),
  );
  return other
    ? refuse('OVERLAP', `${entry.address}:${entry.port} is in ${other.policy.service} too (${other.policy.file})`)
    : allow('OVERLAP', 'no other service names it');
};
