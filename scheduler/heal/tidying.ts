/** What a replacement leaves behind, a container that is kept, is seen to when the ledger says how it ended. */
import type { Action, Ledger } from '../client/index.js';
import type { Command } from '../model.js';

/**
 * While nothing else is under way on the instance; and taken back only while nothing was done to it since, which may have
 * been built on it. Said at every look: the edge knows what it has done.
 */
export const tidying = (ledger: Ledger | null): readonly Command[] => {
  if (!ledger?.closed.some(isReplacement)) return [];
  const busy = new Set(ledger.open.map(({ instance }) => instance));
  return ledger.closed
    .filter((action) => isReplacement(action) && !busy.has(action.instance))
    .filter((action) => action.outcome === 'verified' || isLast(action, ledger))
    .map((action) => ({ do: 'tidy', action }));
};

const isReplacement = ({ step, outcome }: Action): boolean => step === 'replace' && outcome !== 'inconclusive';

const isLast = ({ instance, phaseAt }: Action, { closed }: Ledger): boolean =>
  !closed.some((other) => other.instance === instance && other.outcome !== 'overtaken' && other.phaseAt > phaseAt);
