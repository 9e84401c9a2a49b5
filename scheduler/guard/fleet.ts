/** What other services say of it. */
import { seconds } from '../facts.js';
import type { ServicePolicy } from '../../config/index.js';
import type { CatalogEntry, Guardrail, World } from '../model.js';
import { allow, refuse, say } from './verdict.js';

/** After a storm all must be calm for as long as one target rests between two episodes. */
export const storm: Guardrail = ({ storm: seen, service: { policy }, now }) => {
  if (seen === null) return allow('STORM', 'no storm');
  const { cooldownMs } = policy.guardrails;
  const calm = now - seen.at;
  return say('STORM', calm >= cooldownMs, `${seen.text}; calm for ${seconds(calm)} (minimum ${seconds(cooldownMs)})`);
};

/** Who names each address, worked out once for a world, and only where somebody asks. */
const namersOf = new WeakMap<World, ReadonlyMap<string, readonly ServicePolicy[]>>();

const addressOf = ({ address, port }: Pick<CatalogEntry, 'address' | 'port'>): string => `${address} ${port}`;

const namers = (world: World): ReadonlyMap<string, readonly ServicePolicy[]> => {
  const known = namersOf.get(world);
  if (known) return known;
  const found = new Map<string, ServicePolicy[]>();
  for (const { policy, catalog } of world.services)
    for (const entry of catalog.kind === 'waiting' ? [] : catalog.entries) {
      const key = addressOf(entry);
      const others = found.get(key);
      if (others) others.push(policy);
      else found.set(key, [policy]);
    }
  namersOf.set(world, found);
  return found;
};

/** The same process under two service files: two policies would judge it, and restart it twice. */
export const overlap: Guardrail = ({ world, service, instance, entry }) => {
  if (entry === null) return refuse('OVERLAP', `${instance} is not in Consul's catalog`);
  const other = namers(world)
    .get(addressOf(entry))
    ?.find((policy) => policy.service !== service.policy.service);
  return other
    ? refuse('OVERLAP', `${entry.address}:${entry.port} is in ${other.service} too (${other.file})`)
    : allow('OVERLAP', 'no other service names it');
};
