import type { Clock } from '../../lib/clock.js';
import type { Lock } from '../../lib/consul/lock.js';
import type { Action, ledgerSchema } from '../client/index.js';
import { confirmedWithinMs } from '../facts.js';
import type { LeadState } from '../model.js';
import type { KvMirror } from '../world/mirror.js';

/**
 * Leadership as `decide` sees it. `ready` is false while the ledger was not yet read under this token: until then the lock
 * is held by one who does not know what its predecessor began.
 */
export const leadState = (lock: ReturnType<Lock['state']>, ready: boolean, clock: Clock): LeadState => ({
  held: lock.held && ready,
  token: lock.token,
  heldSince: lock.heldSince,
  confirmedAgoMs: lock.confirmedAtMono === null ? null : clock.mono() - lock.confirmedAtMono,
  why: lock.held && !ready ? 'reads the ledger of the leader before' : lock.why,
});

/** Null: the lock is held under the token of this action, and was confirmed a moment ago. Else why it may not act. */
const refusalNow = (lock: Pick<Lock, 'state'>, clock: Clock, action: Pick<Action, 'token'>): string | null => {
  const { held, token, confirmedAtMono } = lock.state();
  if (!held || token !== action.token) return `NO_QUORUM: the lock is not held under token ${action.token}`;
  const ago = confirmedAtMono === null ? Infinity : clock.mono() - confirmedAtMono;
  return ago <= confirmedWithinMs
    ? null
    : `NO_QUORUM: the lock was confirmed ${Math.round(ago)} ms ago, more than ${confirmedWithinMs}`;
};

/**
 * The last look before a step that cannot be taken back. `ask`: the lock was confirmed a moment ago, and the ledger, as a
 * quorum confirms it, still holds this very phase under this very token. `still`: the lock alone, without asking anybody.
 */
export const permitStep = (
  lock: Pick<Lock, 'state'>,
  ledgers: KvMirror<typeof ledgerSchema>,
  clock: Clock,
): { ask(action: Action): Promise<string | null>; still(action: Action): boolean } => ({
  still: (action) => refusalNow(lock, clock, action) === null,
  ask: async (action) => {
    const entry = await ledgers.look(action.service);
    const refused = refusalNow(lock, clock, action);
    if (refused !== null) return refused;
    if (entry.kind !== 'value') return 'NO_QUORUM: the ledger cannot be read';
    if (entry.value.token > action.token)
      return `FENCED: the ledger holds token ${entry.value.token}, ours is ${action.token}`;
    const kept = entry.value.open.find((open) => open.id === action.id);
    return kept?.phase === 'stepping' && kept.token === action.token
      ? null
      : 'FENCED: the ledger does not hold this step any more';
  },
});
