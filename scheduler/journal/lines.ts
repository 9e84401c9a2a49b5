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

/** What was dropped while nothing could be written, told in its place as soon as something can. */
export const lostLines = (count: number, at: number): NewEntry => ({
  at,
  kind: 'system',
  service: null,
  instance: null,
  action: null,
  code: null,
  text: `${count} lines were dropped here: they could not be written, and too many waited`,
  token: null,
  data: { lostLines: count },
});
