/** Plain sentences for whoever sets the guardrails: what stood in the way, how often, and what could be done about it. */
import type { ServicePolicy } from '../../../config/index.js';
import type { ReasonCode } from '../../../scheduler/client/index.js';
import type { Refusals, ServiceReport } from './report.js';
import type { UserFleet } from './fleet.js';
import { atLeast } from '../../../scheduler/facts.js';

type Advise = (policy: ServicePolicy, report: ServiceReport, limits: UserFleet['limits']) => string;

/** Whom a healing leaves: all but the one that is healed. */
const room = ({ guardrails }: ServicePolicy, { instances }: ServiceReport): string => {
  const minimum = Math.max(1, atLeast(guardrails.minAvailable, guardrails.desired ?? instances));
  if (minimum >= instances)
    return `min_available needs ${minimum} others, and of ${instances} instances there are ${instances - 1}: nobody can ever be healed`;
  return `min_available needs ${minimum} others, so of ${instances} instances at most ${instances - minimum} may be ill at once`;
};

/** Those that only wait say nothing here: a step comes later, or the fault is over by itself. */
const advice: Readonly<Record<string, Advise>> = {
  MAX_ACTIONS: ({ guardrails: { maxActions, maxActionsPerNode } }, { verified, acts }, limits) =>
    `max_actions is ${maxActions}/h for the service, ${maxActionsPerNode}/h for a node and ${limits.maxActions}/h over all; ${verified} of ${acts} restarts helped. A person is paged from there on: raise it only if most of them helped`,
  MIN_AVAILABLE: (policy, report) =>
    `${room(policy, report)}. Run one instance more, or lower it if fewer can carry the load`,
  MAX_CONCURRENT: (_, __, limits) =>
    `${limits.maxConcurrent} healing at once over all services: those that waited came later; raise scheduler.max_concurrent if that is too slow`,
  HEADROOM: () => 'the others would have been overloaded: run one instance more',
  SINGLE: () => 'a single instance is restarted only with heal.single: restart',
  NO_RUNTIME: () => 'its file names no runtime to restart anything with: add runtime:',
  OBSERVE: ({ traffic }) =>
    traffic?.mode === 'observe'
      ? 'traffic.mode is observe, and nobody is healed while it takes traffic: set it to act first'
      : 'heal.mode holds it back: set it to act once these figures are what you want',
  APPROVAL: () => 'each waits for `ballast approve`: somebody has to be there',
  PROTECTED: () => 'protected instances are healed by hand',
  PANIC: () => 'most were ill at once: traffic went to all alike, nothing was restarted, a person is paged',
  STORM: () => 'many services turned red together: nothing is restarted until that is over',
  SHARED_CAUSE: () => 'their peers suffered from the same: a restart would not have helped',
  DEPENDENCY: () => 'what they depend on was ill: a restart would not have helped',
  CONTRADICTED: () => 'somebody else saw them well: look at the network between the engine and them',
  LADDER_SPENT: () => 'every step was tried: a person has to look',
};

export interface Finding {
  readonly service: string;
  readonly code: ReasonCode;
  readonly count: number;
  readonly days: number;
  readonly text: string;
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The most frequent first. */
export const findings = (reports: readonly ServiceReport[], { policies, limits }: UserFleet): readonly Finding[] =>
  reports
    .flatMap((report, nth) => {
      const policy = policies[nth]?.policy;
      if (!policy) return [];
      return (Object.entries(report.refused) as [ReasonCode, Refusals][]).flatMap(([code, { count, days }]) => {
        const advise = advice[code];
        if (!advise) return [];
        const held = `${code} refused ${plural(count, 'healing')} on ${plural(days, 'day')}`;
        return [{ service: report.service, code, count, days, text: `${held}: ${advise(policy, report, limits)}` }];
      });
    })
    .sort((a, b) => b.count - a.count);
