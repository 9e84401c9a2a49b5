/**
 * The step itself. Whatever anybody answered: another identity means done, the same one means not done. A gentle step leaves
 * the process as it is: there the answer counts, and where nobody knows of one it is asked for once more.
 */
import type { Action, Identity } from '../client/index.js';
import { overtaken } from './before.js';
import {
  end,
  enter,
  isOverdue,
  type Progress,
  sameIdentity,
  stepDeadline,
  type Surroundings,
  waitAndLook,
  write,
} from './phases.js';

const patienceMs = 60_000;

export const stepping = (action: Action, s: Surroundings): Progress => {
  const arrived = newIdentity(action, s);
  if (action.step === 'gentle') {
    if (arrived) return end(action, 'overtaken', 'another process than the one that was meant runs now', s);
    if (action.token === s.token && s.result?.kind === 'done') return verifyNow(action, action.identity, s);
  } else if (arrived) return verifyNow(action, arrived, s);
  return action.token === s.token ? ownStep(action, s) : inherited(action, s);
};

/** Looked at since this phase began, running, and not the one that the step was meant for. */
const newIdentity = (action: Action, { fact }: Surroundings): Identity | null =>
  fact?.kind === 'one' && fact.running && fact.at >= action.phaseAt && !sameIdentity(fact.identity, action.identity)
    ? fact.identity
    : null;

const verifyNow = (action: Action, identity: Identity, s: Surroundings): Progress => {
  const { ladder } = s.service.policy.heal;
  // A person may order a step that the ladder has not: it is verified as long as its last one.
  const step = ladder.find((candidate) => candidate.do === action.step) ?? ladder.at(-1);
  const deadline = s.now + (step?.verifyMs ?? 0);
  const { result } = s;
  const text =
    action.step === 'gentle'
      ? `it was asked: ${result?.text ?? ''}`
      : result
        ? `a new process runs: ${result.text}`
        : 'a new process runs';
  return write(enter(action, 'verifying', deadline, s, { newIdentity: identity, greenSince: null }), 'VERIFYING', text);
};

const ownStep = (action: Action, s: Surroundings): Progress => {
  const { result } = s;
  if (result?.kind === 'failed' && s.fact && s.fact.at >= result.at)
    return end(action, 'step-failed', `${result.text}${leftBehind(s)}`, s);
  if (isOverdue(action, s)) {
    const refused = s.verdicts(action).find((verdict) => !verdict.allowed);
    const why = refused && !result ? `; held back by ${refused.code}: ${refused.text}` : '';
    return end(
      action,
      'step-failed',
      `${result?.text ?? 'the runtime gave no answer'}, and no new process before the deadline${why}${leftBehind(s)}`,
      s,
    );
  }
  if (result || s.verdicts(action).some((verdict) => !verdict.allowed)) return waitAndLook(action);
  return { ...waitAndLook(action), commands: [{ do: 'step', action }, ...waitAndLook(action).commands] };
};

/** Whoever reads that a step failed must know at once whether anything is left of it to serve. */
const leftBehind = ({ fact }: Surroundings): string =>
  fact?.kind === 'one' && !fact.running ? '; its process does not run now' : '';

/**
 * A leader before us wrote this phase and is gone. Its request may still run until its deadline; then, if the same process
 * is still there, the step was not done, and is ours to do if everything still speaks for it.
 */
const inherited = (action: Action, s: Surroundings): Progress => {
  if (s.now < action.deadline || !s.fact || s.fact.at < action.deadline) return waitAndLook(action);
  // Asked by the leader before, or well by itself: nobody can say, so nobody is blamed for a false alarm.
  if (action.step === 'gentle' && action.by.kind !== 'human' && s.score?.zone === 'green')
    return end(action, 'overtaken', 'it is green: the leader before may have asked it', s);
  const gone = overtaken(action, s);
  if (gone) return gone;
  const denied = s.verdicts(action).find((verdict) => !verdict.allowed);
  if (!denied)
    return write(
      enter(action, 'stepping', stepDeadline(action, s), s),
      'STEP',
      `${action.step}: the leader before left it undone`,
    );
  if (!isOverdue(action, s, patienceMs)) return waitAndLook(action);
  return end(action, 'step-failed', `the leader before left it undone; ${denied.code}: ${denied.text}`, s);
};
