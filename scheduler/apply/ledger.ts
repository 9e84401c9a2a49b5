import type { Action, Ledger } from '../client/index.js';

/** Budgets look back one hour; cooldowns and backoffs less. */
const keepMs = 3_600_000;

export const emptyLedger: Ledger = { token: 0, open: [], closed: [] };

/** The ledger with this action's new phase in it, under this leader's token. Closed actions stay for as long as a budget counts them. */
export const withAction = (ledger: Ledger, action: Action, token: number, now: number): Ledger => {
  const open = ledger.open.filter((other) => other.id !== action.id);
  const closed = ledger.closed.filter((other) => other.id !== action.id && now - other.intentAt < keepMs);
  return action.phase === 'closed'
    ? { token, open, closed: [...closed, action] }
    : { token, open: [...open, action], closed };
};
