import type { ServicePolicy } from '../../config/index.js';
import type { ServiceRecord } from '../client/index.js';
import { atLeast } from '../facts.js';
import type { Census } from '../model.js';
import type { Seat } from './seats.js';

/** Nobody declares how many there should be: then the largest count of this long. */
const lookBackMs = 600_000;

export type SeenCounts = ServiceRecord['seenCounts'];

/** Larger counts than the present one, each with the moment at which it was last seen. */
export const noteCount = (seen: SeenCounts, before: number, count: number, now: number): SeenCounts => {
  const known = before > count && seen.at(-1)?.count !== before ? [...seen, { at: now, count: before }] : seen;
  const kept = known.filter((entry) => entry.count > count && now - entry.at < lookBackMs);
  return kept.length === known.length ? known : kept;
};

export const desiredCount = (policy: ServicePolicy, seen: SeenCounts, count: number): number =>
  policy.guardrails.desired ?? Math.max(count, ...seen.map((entry) => entry.count));

/** The last one stays, whatever the file says. */
export const minimumOf = (policy: ServicePolicy, desired: number): number =>
  Math.max(1, atLeast(policy.guardrails.minAvailable, desired));

/** Those whose zone says something about the service: neither joining, nor warming up, nor being healed. */
const settled = ({ action, inAction, admitted, score, young }: Seat): boolean =>
  action === null && !inAction && admitted && (score ? !score.blackout : !young);

/** How the service stands before anything is decided; blind comes before panic. */
export const survey = (
  policy: ServicePolicy,
  seats: readonly Seat[],
  desired: number,
): Pick<Census, 'desired' | 'minimum' | 'blind' | 'panic'> => {
  const judged = seats.filter(settled);
  const unknown = judged.filter((seat) => seat.zone === 'unknown').length;
  const known = judged.length - unknown;
  const healthy = judged.filter((seat) => seat.zone === 'green' || seat.zone === 'yellow').length;
  const blind = unknown * 2 > judged.length ? `${unknown} of ${judged.length} are unknown (limit: half)` : null;
  const share = policy.guardrails.panic;
  const limit = `${Math.round(share * 100)} %`;
  // One red of one shares its cause with nobody.
  const panic =
    blind === null && desired > 1 && known > 0 && healthy < known * share
      ? `${healthy} of ${known} known are green or yellow (limit: ${limit})`
      : null;
  return { desired, minimum: minimumOf(policy, desired), blind, panic };
};
