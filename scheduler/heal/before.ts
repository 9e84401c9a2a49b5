/** Before the step: out of rotation, drained, and everything asked once more. */
import { ageOf, mayBeServed, seconds } from '../facts.js';
import type { Action, ReasonCode, Verdict } from '../client/index.js';
import {
  end,
  enter,
  isOverdue,
  type Progress,
  sameIdentity,
  stepDeadline,
  type Surroundings,
  wait,
  waitAndLook,
  write,
} from './phases.js';

/** These pass by themselves within moments: they hold a step up, and only after this long make it given up. */
const passing: ReadonlySet<ReasonCode> = new Set(['NO_QUORUM', 'NEW_LEADER', 'RUNTIME_UNREADABLE']);
const patienceMs = 60_000;

/** Intent: the gateway must show that it is out. */
export const intent = (action: Action, s: Surroundings): Progress => {
  const gone = overtaken(action, s);
  if (gone) return gone;
  const out = isOut(action, s);
  if (out === null) {
    const text = `the gateway did not show ${action.instance} out of rotation within ${seconds(s.now - action.phaseAt)}`;
    return isOverdue(action, s) ? end(action, 'overtaken', text, s) : wait;
  }
  const draining = enter(action, 'draining', s.now + s.service.policy.drain.deadlineMs, s);
  const inFlight = s.score?.inFlight ?? null;
  const text = `${out}; ${inFlight === null ? 'requests in flight are not measured' : `${inFlight} requests in flight`}`;
  return write(draining, 'DRAINING', text);
};

/** Null: not yet; else how it is known. */
const isOut = ({ instance }: Action, { service: { policy }, gateway, alone }: Surroundings): string | null => {
  if (policy.traffic?.mode !== 'act') return 'no upstream of ours';
  if (alone) return 'the only instance, restarted in place';
  return mayBeServed(gateway, policy.traffic.upstream, instance) === false ? 'out of rotation in the gateway' : null;
};

/** It was out, and is served all the same: somebody else's files, or a roll-back. */
const isBack = ({ instance }: Action, { service: { policy }, gateway, alone }: Surroundings): boolean =>
  !alone && policy.traffic?.mode === 'act' && mayBeServed(gateway, policy.traffic.upstream, instance) === true;

/** Draining: until nothing is in flight, or the deadline; then all guardrails again, and the precondition. */
export const draining = (action: Action, s: Surroundings): Progress => {
  const gone = overtaken(action, s);
  if (gone) return gone;
  const drained = whyDrained(action, s);
  if (drained === null) return waitAndLook(action);
  if (isBack(action, s)) {
    const text = `the gateway serves ${action.instance} again: nothing is done to it under traffic`;
    return isOverdue(action, s, patienceMs) ? end(action, 'overtaken', text, s) : waitAndLook(action);
  }
  const verdicts = s.verdicts(action);
  const denied = verdicts.filter((verdict) => !verdict.allowed);
  if (denied.length > 0) return heldUp(action, denied, s);
  return write(
    enter(action, 'stepping', stepDeadline(action, s), s, { verdicts: [...verdicts] }),
    'STEP',
    `${action.step}: ${drained}`,
  );
};

const whyDrained = (action: Action, s: Surroundings): string | null => {
  const { score, now } = s;
  if (score?.up.state === 'down') return 'not drained: its process is down';
  if (score?.causes.some((cause) => cause.source === 'stall' && cause.penalty === 1))
    return 'not drained: it completes nothing';
  if (score?.inFlight === 0 && ageOf(s.service.scores, score.at) < now - action.phaseAt)
    return 'drained: nothing in flight';
  return isOverdue(action, s)
    ? `drain deadline after ${seconds(now - action.phaseAt)}, ${score?.inFlight ?? 'unknown'} in flight`
    : null;
};

const heldUp = (action: Action, denied: readonly Verdict[], s: Surroundings): Progress => {
  const lasting =
    denied.find((verdict) => !passing.has(verdict.code)) ?? (isOverdue(action, s, patienceMs) ? denied[0] : undefined);
  return lasting ? end(action, 'overtaken', `${lasting.code}: ${lasting.text}`, s) : waitAndLook(action);
};

/** The precondition of the step: still the same process, still out, and nothing new that speaks for it. */
export const overtaken = (action: Action, s: Surroundings): Progress | null => {
  const { memory, score, fact, alone } = s;
  const replaced = fact?.kind === 'one' && !sameIdentity(fact.identity, action.identity);
  const another = 'another process than the one that was meant runs now';
  // A person means it, green or not.
  if (action.by.kind === 'human') return replaced ? end(action, 'overtaken', another, s) : null;
  if (score?.zone === 'green') return end(action, 'overtaken', 'it is green again', s, { falsePositive: true });
  if (!alone && memory?.breaker.state !== 'open')
    return end(action, 'overtaken', 'its breaker is not open any more', s);
  return replaced ? end(action, 'overtaken', another, s) : null;
};
