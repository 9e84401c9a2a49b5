import type { ZonePolicy } from '../../config/index.js';
import type { Zone } from '../client/index.js';

export type KnownZone = Exclude<Zone, 'unknown'>;

const badness = { green: 0, yellow: 1, red: 2 } as const satisfies Record<KnownZone, number>;

export const isWorse = (zone: KnownZone, than: KnownZone): boolean => badness[zone] > badness[than];

export const bestOf = (zones: readonly KnownZone[]): KnownZone =>
  zones.reduce((best, zone) => (isWorse(best, zone) ? zone : best), 'red');

export const worstOf = (zones: readonly KnownZone[]): KnownZone =>
  zones.reduce((worst, zone) => (isWorse(zone, worst) ? zone : worst), 'green');

/** The zone of a raw score by itself, undamped. */
export const zoneOf = (score: number | null, { goodScore, criticalScore }: ZonePolicy): Zone => {
  if (score === null) return 'unknown';
  if (score >= goodScore) return 'green';
  return score < criticalScore ? 'red' : 'yellow';
};
