/** Whether a restart is likely to help: the fault lies in this process, and has proven to last. */
import type { Cause } from '../../engine/client/index.js';
import type { Verdict } from '../client/index.js';
import { ageOf, costliest, seconds } from '../facts.js';
import type { GuardContext, Guardrail } from '../model.js';
import { allow, isDown, memoryOf, refuse, say } from './verdict.js';

const names = (causes: readonly Cause[]): string => causes.map((cause) => cause.name).join(', ');

const causesOf = ({ score }: GuardContext): readonly Cause[] => (score ? costliest(score) : []);

/** Soft faults pass by themselves often enough; only a probation that failed shows that this one does not. */
export const unproven: Guardrail = (context) => {
  if (isDown(context)) return allow('UNPROVEN', 'its process is down');
  const causes = causesOf(context);
  if (causes.length === 0) return refuse('UNPROVEN', 'no cause is known');
  const soft = causes.filter((cause) => cause.traffic || cause.moving);
  if (soft.length === 0) return allow('UNPROVEN', `a hard fault: ${names(causes)}`);
  if (isAlone(context)) return provenByTime(context, soft);
  const breaker = memoryOf(context)?.breaker;
  const failed = breaker && breaker.state !== 'closed' ? breaker.failedProbations : 0;
  return say('UNPROVEN', failed >= 1, `${names(soft)}: ${failed} failed probations (needs 1)`);
};

/** A single instance is never out, so that no probation can fail: there the fault proves itself by lasting. */
const isAlone = ({ census, service: { policy } }: GuardContext): boolean =>
  census.desired === 1 && policy.heal.single === 'restart';

/** So many times as long as a red instance with peers waits for its step. */
const aloneTimes = 5;

const provenByTime = ({ score, service }: GuardContext, soft: readonly Cause[]): Verdict => {
  const red = score?.zone === 'red' ? ageOf(service.scores, score.zoneSince) : 0;
  const limit = aloneTimes * service.policy.heal.afterMs;
  const text = `${names(soft)}: alone, and red for ${seconds(red)} (minimum ${seconds(limit)})`;
  return say('UNPROVEN', red >= limit, text);
};

export const dependency: Guardrail = (context) => {
  if (isDown(context)) return allow('DEPENDENCY', 'its process is down');
  const causes = causesOf(context);
  const total = causes.reduce((sum, cause) => sum + cause.pointsLost, 0);
  const elsewhere = causes.filter((cause) => cause.blame === 'dependency');
  const lost = elsewhere.reduce((sum, cause) => sum + cause.pointsLost, 0);
  if (elsewhere.length === 0) return allow('DEPENDENCY', 'no points are lost on what it depends on');
  const text = `${names(elsewhere)}: ${lost.toFixed(1)} of ${total.toFixed(1)} points are lost on what it depends on (limit: half)`;
  return say('DEPENDENCY', lost * 2 < total, text);
};

/** The peers suffer at least half as much from what costs it most. */
export const sharedCause: Guardrail = (context) => {
  const causes = causesOf(context);
  if (context.census.desired === 1) return allow('SHARED_CAUSE', 'it has no peers');
  const compared = causes.filter((cause) => cause.peersMedianPenalty !== null && cause.penalty !== null);
  if (compared.length === 0)
    return refuse('SHARED_CAUSE', causes.length === 0 ? 'no cause is known' : `no peer is judged on ${names(causes)}`);
  const own = compared.reduce((sum, cause) => sum + (cause.penalty ?? 0), 0);
  const peers = compared.reduce((sum, cause) => sum + (cause.peersMedianPenalty ?? 0), 0);
  const text = `${names(compared)}: penalty ${own.toFixed(2)}, its peers' median ${peers.toFixed(2)} (limit: half)`;
  return say('SHARED_CAUSE', peers * 2 < own, text);
};
