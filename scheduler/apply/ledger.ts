import type { GuardrailPolicy } from '../../config/index.js';
import type { Action, Ledger, ledgerSchema } from '../client/index.js';
import type { KvMirror } from '../world/mirror.js';

const hourMs = 3_600_000;

/** Budgets look back one hour; a cooldown may be longer. */
export const ledgerKeepMs = ({ cooldownMs }: GuardrailPolicy): number => Math.max(hourMs, 2 * cooldownMs);

export const emptyLedger: Ledger = { token: 0, open: [], closed: [] };

/** The ledger with this action's new phase in it, under this leader's token. Closed actions stay for `keepMs` after their end. */
export const withAction = (ledger: Ledger, action: Action, token: number, now: number, keepMs: number): Ledger => {
  const open = ledger.open.filter((other) => other.id !== action.id);
  const closed = ledger.closed.filter((other) => other.id !== action.id && now - other.phaseAt < keepMs);
  return action.phase === 'closed'
    ? { token, open, closed: [...closed, action] }
    : { token, open: [...open, action], closed };
};

/** What has just ended in the ledger is told a moment later. */
const tellsWithinMs = 60_000;

/** Ids of actions that need no outcome in the journal yet; null: some ledger cannot be read. */
export const openOf = (ledgers: KvMirror<typeof ledgerSchema>, now: number): ReadonlySet<string> | null => {
  if (!ledgers.ready) return null;
  const found = new Set<string>();
  for (const entry of ledgers.all().values()) {
    if (entry.kind === 'bad') return null;
    if (entry.kind === 'absent') continue;
    const recent = entry.value.closed.filter(({ phaseAt }) => now - phaseAt < tellsWithinMs);
    for (const { id } of [...entry.value.open, ...recent]) found.add(id);
  }
  return found;
};
