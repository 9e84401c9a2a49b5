/** Whether it was given enough time. */
import { ageOf, seconds } from '../facts.js';
import type { GuardContext, Guardrail } from '../model.js';
import { allow, isDown, memoryOf, refuse, say } from './verdict.js';

export const warmUp: Guardrail = (context) => {
  const memory = memoryOf(context);
  if (!memory) return refuse('WARM_UP', 'nothing is remembered of it yet');
  if (isDown(context)) return allow('WARM_UP', 'its process is down');
  if (memory.freshSince === null) return allow('WARM_UP', 'it was there before us');
  const { warmUpMs } = context.service.policy.guardrails;
  const age = context.now - memory.freshSince;
  return say('WARM_UP', age >= warmUpMs, `known for ${seconds(age)} (minimum ${seconds(warmUpMs)})`);
};

export const unverified: Guardrail = ({ service: { ledger }, instance, action }) => {
  if (ledger === null) return refuse('UNVERIFIED', 'the ledger could not be read');
  const other = ledger.open.find((open) => open.instance === instance && open.id !== action?.id);
  return other
    ? refuse('UNVERIFIED', `${other.id} is ${other.phase}`)
    : allow('UNVERIFIED', 'no other action is under way on it');
};

/** Red and out for long enough; since it died, if it did. */
export const dwell: Guardrail = (context) => {
  const { service, score } = context;
  const { afterMs, afterDownMs } = service.policy.heal;
  const limit = isDown(context) ? afterDownMs : afterMs;
  const outFor = outForMs(context);
  if (outFor === null) return refuse('DWELL', `${whyNotOut(context)}, needs to be red and out`);
  const downFor = isDown(context) && score ? ageOf(service.scores, score.up.since) : Infinity;
  // A step under way had its dwell when its intent was written; a new leader may see it out only for a moment.
  const outAtLeast = context.action ? Math.max(outFor, context.now - context.action.intentAt) : outFor;
  const waited = Math.min(outAtLeast, downFor);
  const how = isDown(context) ? 'down and out' : 'red and out';
  return say('DWELL', waited >= limit, `${how} for ${seconds(waited)} (minimum ${seconds(limit)})`);
};

/** Consul, or a person, may have it out for a reason that is no fault of its process. */
const whyNotOut = (context: GuardContext): string => {
  const memory = memoryOf(context);
  const isOut = memory !== undefined && memory.outSince !== null && memory.breaker.state === 'closed';
  return isOut ? 'it is out, but for no fault of its own' : 'it is in rotation';
};

/** A single instance cannot be out; where its file lets it be restarted in place, being red or down must serve. */
const outForMs = (context: GuardContext): number | null => {
  const { service, score, now, census } = context;
  const memory = memoryOf(context);
  if (memory && memory.outSince !== null && memory.breaker.state === 'open') return now - memory.outSince;
  const inPlace = census.desired === 1 && service.policy.heal.single === 'restart';
  return inPlace && score && (score.zone === 'red' || isDown(context)) ? ageOf(service.scores, since(score)) : null;
};

const since = (score: NonNullable<GuardContext['score']>): number =>
  score.up.state === 'down' ? score.up.since : score.zoneSince;
