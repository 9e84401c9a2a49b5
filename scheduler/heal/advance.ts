import type { Action } from '../client/index.js';
import { draining, intent } from './before.js';
import { type Progress, type Surroundings, wait } from './phases.js';
import { stepping } from './stepping.js';
import { verifying } from './verifying.js';

/**
 * One action, one look: intent -> draining -> stepping -> verifying -> closed. Each phase is in the ledger before what it
 * names is done, so that a crash at any point leaves a state from which the next leader finishes or gives up safely.
 */
export const advance = (action: Action, surroundings: Surroundings): Progress => {
  switch (action.phase) {
    case 'intent':
      return intent(action, surroundings);
    case 'draining':
      return draining(action, surroundings);
    case 'stepping':
      return stepping(action, surroundings);
    case 'verifying':
      return verifying(action, surroundings);
    case 'closed':
      return wait;
  }
};
