import type { Action } from '../client/index.js';
import type { NewEntry } from './store.js';

/** The line of a new leader that finds an action in the ledger which its own journal does not know so far. */
export const takenOver = (action: Action, token: number | null, at: number): NewEntry => ({
  at,
  kind: 'leader',
  service: action.service,
  instance: action.instance,
  action: action.id,
  code: null,
  text:
    action.outcome === null
      ? `takes over its ${action.step}, ${action.phase}, written under token ${action.token}`
      : `finds its ${action.step} ended under token ${action.token}: ${action.outcome}: ${action.outcomeText ?? ''}`,
  token,
  data: { phase: action.phase, step: action.step, outcome: action.outcome },
});
