import type { GuardrailPolicy } from '../../config/index.js';
import type { Action, Ledger } from '../client/index.js';

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
