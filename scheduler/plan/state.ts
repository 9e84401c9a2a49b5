import type { ServiceState } from '../client/index.js';
import type { Census } from '../model.js';
import type { Stance } from './rotation.js';

type Condition = 'sick' | 'recovering' | 'settling' | 'well';

/** One word for a service: how its worst part stands, and whether enough is left. Nobody is never enough. */
export const stateOf = (
  stances: readonly Stance[],
  ramping: number,
  census: Pick<Census, 'minimum' | 'blind' | 'panic'>,
): ServiceState => {
  if (stances.length === 0) return 'failing';
  const conditions = stances.map(conditionOf);
  const sick = conditions.filter((condition) => condition === 'sick').length;
  const serving = stances.filter(
    ({ place, seat }) => place === 'in' && (seat.zone === 'green' || seat.zone === 'yellow'),
  ).length;
  if (census.panic !== null) return 'failing';
  if (sick > 0 && census.blind === null && serving < census.minimum) return 'failing';
  if (sick > 0 || census.blind !== null) return 'degraded';
  if (conditions.includes('recovering')) return 'recovering';
  return ramping > 0 || conditions.includes('settling') ? 'stabilizing' : 'healthy';
};

const conditionOf = ({ seat, place, breaker }: Stance): Condition => {
  if (seat.action !== null || seat.inAction) return 'recovering';
  if (breaker.state === 'half-open') return 'recovering';
  if (place === 'waiting') return 'settling';
  // Out because a person wants it so is no illness.
  if (place === 'out' && seat.asked && seat.zone === 'green' && seat.up === 'up') return 'settling';
  if (place === 'out' || seat.zone === 'red' || seat.zone === 'yellow' || seat.up === 'down') return 'sick';
  if (seat.zone === 'unknown') return seat.young ? 'settling' : 'sick';
  return 'well';
};
