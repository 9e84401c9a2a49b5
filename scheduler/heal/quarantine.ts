/** The end of the ladder: left alone, out of rotation as far as the minimum lets, and a person is called. */
import type { HealMode } from '../../config/index.js';
import type { InstanceMemory } from '../client/index.js';
import type { Event, ServiceWorld } from '../model.js';
import { wasTried } from './ladder.js';
import { type Candidate, isDue } from './propose.js';

export interface Quarantined {
  readonly memory: InstanceMemory;
  readonly events: readonly Event[];
}

/**
 * As soon as a step was tried in vain in this episode and none is left; or once one would be due and none can help. Told
 * once: it lasts until the instance is green and whole again. Where healing is only observed nobody climbs, and nothing ends.
 */
export const quarantine = (
  candidate: Candidate,
  memory: InstanceMemory,
  { policy, ledger }: ServiceWorld,
  mode: HealMode,
): Quarantined => {
  const { rung, now, entry, episode, verdicts } = candidate;
  const history = (ledger?.closed ?? []).filter(({ instance }) => instance === entry.id);
  const isEnd = rung.spent !== null && memory.quarantine === null && ledger !== null && mode !== 'observe';
  if (!isEnd || !(wasTried({ history, episode }) || isDue(verdicts))) return { memory, events: [] };
  const why = rung.spent ?? '';
  return {
    memory: { ...memory, quarantine: { since: now, why }, told: [...memory.told, 'LADDER_SPENT'] },
    events: [
      {
        kind: 'heal',
        service: policy.service,
        instance: entry.id,
        action: null,
        code: 'LADDER_SPENT',
        text: `left alone from now on, until it is green or a person acts: ${why}`,
        data: { step: rung.step, signature: candidate.score.why },
      },
    ],
  };
};
