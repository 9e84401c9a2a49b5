/** Whether the scheduler can do its work: `/-/ready`. */
import type { Readiness } from '../../lib/http/server.js';
import type { ServiceName } from '../../config/index.js';
import { isDiscovered } from '../facts.js';
import type { Shown } from './views.js';

export interface ReadinessInputs {
  /** What every answer is made of until the next turn. */
  readonly shown: Shown | null;
  /** Those of the configuration in force. */
  readonly services: Iterable<ServiceName>;
  /** Of a scheduler that is well: whether it leads, and why not. */
  readonly lead: string;
  /** Keep it from its work. */
  readonly troubles: readonly (string | null)[];
  /** Worth knowing; they keep it from nothing. */
  readonly notes: readonly string[];
}

/** By the decision that is shown, not by what was heard since: whoever asks next is answered out of that decision. */
export const readiness = ({ shown, services, lead, troubles, notes }: ReadinessInputs): Readiness => {
  const wrong = troubles.filter((trouble) => trouble !== null);
  const waiting = shown ? [...services].filter((service) => !isDiscovered(shown.world, service)) : [];
  if (waiting.length > 0) wrong.push(`no answer from Consul yet for ${waiting.join(', ')}`);
  if (shown === null) wrong.push('nothing was decided yet');
  const ready = wrong.length === 0;
  return { ready, why: [...(ready ? [lead] : wrong), ...notes].join('; ') };
};
