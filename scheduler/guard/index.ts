import type { Verdict } from '../client/index.js';
import type { GuardContext, Guardrail } from '../model.js';
import { approvalOf, pardon } from '../consent.js';
import { backoff, cooldown, maxActions } from './budget.js';
import { maxConcurrent, minAvailable, single } from './capacity.js';
import { dependency, sharedCause, unproven } from './cause.js';
import { ladderSpent } from './ladder.js';
import { contradicted } from './contradicted.js';
import { headroom } from './headroom.js';
import { overlap, storm } from './fleet.js';
import { ordered } from './ordered.js';
import { fenced, newLeader, noQuorum } from './lead.js';
import { maintenance } from './maintenance.js';
import { dwell, unverified, warmUp } from './patience.js';
import { approval, isProtected, observe, paused } from './people.js';
import { blind, noScore, panic, shrink, staleScore } from './sight.js';
import { ambiguousTarget, noRuntime, runtimeUnreadable } from './target.js';

/** Every guardrail of healing, in the order of the reason table. All of them speak, always: a refusal hides no other. */
export const guardrails: readonly Guardrail[] = [
  noQuorum,
  fenced,
  newLeader,
  paused,
  maintenance,
  observe,
  isProtected,
  approval,
  blind,
  panic,
  storm,
  shrink,
  staleScore,
  noScore,
  warmUp,
  unverified,
  dwell,
  unproven,
  dependency,
  sharedCause,
  contradicted,
  single,
  minAvailable,
  headroom,
  maxConcurrent,
  maxActions,
  backoff,
  ladderSpent,
  cooldown,
  ambiguousTarget,
  overlap,
  noRuntime,
  runtimeUnreadable,
];

/** What a person has overruled is allowed, and says so. */
export const judge = (context: GuardContext): Verdict[] => {
  const approved = approvalOf(context);
  const by = context.action?.by ?? context.by ?? { kind: 'ballast' };
  return guardrails.map((guardrail) => ordered(pardon(guardrail(context), approved), by));
};
