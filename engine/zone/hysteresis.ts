/**
 * The damper of zones: by counts, on raw scores. Worse needs `fall` evaluations in a row and goes to the best of them;
 * better needs `rise` in a row and goes to the worst of them; red is left only for green. The last evaluations are
 * looked at as they are, so a step to yellow on the way to red costs no second count.
 */
import type { ZonePolicy } from '../../config/index.js';
import { bestOf, isWorse, worstOf, type KnownZone } from './zone.js';

/** The zone in force and the zones of the last evaluations, oldest first. Null: not known yet. */
export interface Damper {
  readonly known: KnownZone | null;
  readonly recent: readonly KnownZone[];
}

export const undecided: Damper = { known: null, recent: [] };

/** The last `count`, or null when there are fewer. */
const lastOf = (zones: readonly KnownZone[], count: number): readonly KnownZone[] | null =>
  zones.length < count ? null : zones.slice(-count);

/** Nothing in force yet: `rise` greens, or `fall` evaluations; if those do not agree that it is well or ill, the middle. */
const firstZone = (recent: readonly KnownZone[], { rise, fall }: ZonePolicy): KnownZone | null => {
  if (lastOf(recent, rise)?.every((zone) => zone === 'green') === true) return 'green';
  const last = lastOf(recent, fall);
  if (last === null) return null;
  return last.includes('green') ? 'yellow' : bestOf(last);
};

const nextZone = (known: KnownZone, recent: readonly KnownZone[], { rise, fall }: ZonePolicy): KnownZone => {
  const falling = lastOf(recent, fall);
  if (falling?.every((zone) => isWorse(zone, known)) === true) return bestOf(falling);
  const rising = lastOf(recent, rise);
  if (rising === null || rising.some((zone) => !isWorse(known, zone))) return known;
  const reached = worstOf(rising);
  return known === 'red' && reached !== 'green' ? known : reached;
};

/** One evaluation. `own` is the zone of its raw score. */
export const damp = (before: Damper, own: KnownZone, zones: ZonePolicy): Damper => {
  const { known, recent } = before;
  const most = Math.max(zones.rise, zones.fall);
  // As most are, most of the time: nothing to decide, and nothing new to keep.
  if (known === own && recent.length === most && recent.every((zone) => zone === own)) return before;
  const seen = [...recent, own].slice(-most);
  return { known: known === null ? firstZone(seen, zones) : nextZone(known, seen, zones), recent: seen };
};

/** Data was missing: "in a row" starts again, from the zone that was in force. */
export const interrupt = (damper: Damper): Damper => (damper.recent.length === 0 ? damper : { ...damper, recent: [] });

/** How many of the last evaluations, newest first, speak for a change from the zone in force. */
export const pending = ({ known, recent }: Damper): number => {
  if (known === null) return recent.length;
  let count = 0;
  const side = (zone: KnownZone): number => Number(isWorse(zone, known)) - Number(isWorse(known, zone));
  const newest = recent.at(-1);
  if (newest === undefined || side(newest) === 0) return 0;
  for (let i = recent.length - 1; i >= 0; i -= 1, count += 1) {
    const zone = recent[i];
    if (zone === undefined || side(zone) !== side(newest)) break;
  }
  return count;
};
