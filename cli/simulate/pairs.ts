/**
 * Guardrails behind which another refuses the same on every simulated day: switched off alone, nothing breaks. What they carry
 * shows where those behind them are off as well (`switch-off.ts`).
 */
import type { ReasonCode } from '../../scheduler/client/index.js';

export interface Pair {
  /** What stands behind it. */
  readonly behind: readonly ReasonCode[];
  /** The rule that breaks only with all of these off. */
  readonly rule: string;
  readonly why: string;
}

export const pairs: Readonly<Partial<Record<ReasonCode, Pair>>> = {
  FENCED: {
    behind: ['NO_QUORUM'],
    rule: 'tokens only rise',
    why: 'a lock that was lost is not confirmed any more: in the one turn that may be left, whoever lost it has nothing to write',
  },
  STALE_SCORE: {
    behind: ['BLIND', 'MIN_AVAILABLE'],
    rule: 'no healing on stale data',
    why: 'an engine that stops makes all scores stale at once: nobody is known, so nobody is available; and what began before is given up, for want of a cause',
  },
  NO_SCORE: {
    behind: ['STALE_SCORE', 'WARM_UP', 'MAX_ACTIONS', 'OVERLAP'],
    rule: 'no healing on missing data',
    why: 'nothing is proposed without a score; who loses it in the middle of a step has left the catalog, with its node and its age',
  },
  UNVERIFIED: {
    behind: ['MAX_CONCURRENT'],
    rule: 'never two actions on one target',
    why: 'a second action on the same one is a second one in progress',
  },
  SINGLE: {
    behind: ['DWELL', 'MIN_AVAILABLE'],
    rule: 'a single instance is left alone',
    why: 'the only one is never out of rotation, and leaves nobody available',
  },
  NO_RUNTIME: {
    behind: ['RUNTIME_UNREADABLE'],
    rule: 'nothing is healed without a runtime',
    why: 'where there is no runtime, none can be read',
  },
};
