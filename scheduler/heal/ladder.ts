/** Which step of the ladder comes next for one instance. */
import type { LadderStep, ServicePolicy } from '../../config/index.js';
import type { InstanceScore } from '../../engine/client/index.js';
import type { Action, Step, Worked } from '../client/index.js';
import { seconds } from '../facts.js';
import type { Rung, RuntimeFact } from '../model.js';
import { isClearlyWorse, recordOf, recordText } from './worked.js';

/** A process that needs a third start within this is not mended by starts. */
const restartsWithinMs = 1_800_000;
/** So often each step is tried before the next one; in one episode. */
const tries: Readonly<Record<Step, number>> = { gentle: 1, restart: 2, replace: 1 };
/** A step that the runtime could not do so often is left for the next one, while there is any. */
const failures = 2;

export interface Climb {
  readonly now: number;
  readonly policy: ServicePolicy;
  readonly score: InstanceScore;
  readonly signature: string;
  readonly fact: RuntimeFact | null;
  /** Start of its trouble. */
  readonly episode: number;
  /** Closed actions on it, of any time. */
  readonly history: readonly Action[];
  readonly worked: readonly Worked[];
}

/**
 * Up the ladder within one episode, each step as often as it is worth it: gentle once, restart at most twice in 30 min,
 * replace once. A step that cannot help now is passed over; one whose record on this kind of fault is clearly worse is tried
 * after the others. What was given up before it was done does not count. Nothing left: `spent` says so.
 */
export const nextRung = (climb: Climb): Rung => {
  const order = arranged(climb);
  const rungs = order.map((step) => ({ step, why: whyNot(step, climb), failed: failedTimes(step.do, climb) }));
  const left = rungs.filter(({ why }) => why === null);
  const chosen = left.find(({ failed }) => failed < failures) ?? left[0];
  if (chosen) return { step: chosen.step.do, why: whyThis(chosen.step.do, climb), spent: null };
  const spent = rungs.map(({ why }) => why).join('; ');
  return { step: order.at(-1)?.do ?? 'restart', why: 'no step is left', spent };
};

/** The record is clear enough to change the order, never what is allowed. */
const arranged = ({ policy, worked, signature }: Climb): readonly LadderStep[] => {
  const isWorse = (step: LadderStep): boolean => isClearlyWorse(recordOf(worked, signature, step.do));
  const { ladder } = policy.heal;
  return ladder.some(isWorse) ? [...ladder.filter((step) => !isWorse(step)), ...ladder.filter(isWorse)] : ladder;
};

/** Null: it may be tried. */
const whyNot = (step: LadderStep, climb: Climb): string | null => {
  const useless = whyUseless(step, climb);
  if (useless !== null) return `${step.do} would not help: ${useless}`;
  const limit = tries[step.do];
  const since = step.do === 'restart' ? Math.min(climb.episode, climb.now - restartsWithinMs) : climb.episode;
  const done = doneSince(step.do, since, climb);
  if (done.length < limit) return null;
  return `${step.do} tried ${done.length} of ${limit} times${step.do === 'restart' ? ` within ${seconds(climb.now - since)}` : ''}`;
};

const whyUseless = (step: LadderStep, { score, fact, policy }: Climb): string | null => {
  switch (step.do) {
    case 'gentle':
      if (score.up.state !== 'up') return `its process is ${score.up.state}`;
      return score.causes.some(({ source, penalty }) => source === 'stall' && penalty === 1)
        ? 'it completes nothing'
        : null;
    case 'restart':
      return fact?.kind === 'one' ? (fact.unable?.restart ?? null) : null;
    case 'replace':
      if (policy.runtime.kind === 'exec' && policy.runtime.replace === null)
        return 'runtime.exec has no replace command';
      return fact?.kind === 'one' ? (fact.unable?.replace ?? null) : null;
  }
};

/** What was really done to it, whatever came of it; a person's step that failed is often what its episode begins with. */
const doneSince = (step: Step, since: number, { history, episode }: Climb): readonly Action[] =>
  history.filter(
    (action) =>
      action.step === step &&
      (action.intentAt >= since || action.phaseAt >= episode) &&
      action.outcome !== 'overtaken' &&
      action.outcome !== 'step-failed',
  );

const failedTimes = (step: Step, { history, episode }: Climb): number =>
  history.filter((action) => action.step === step && action.intentAt >= episode && action.outcome === 'step-failed')
    .length;

const whyThis = (step: Step, climb: Climb): string => {
  const { policy, worked, signature } = climb;
  const { ladder } = policy.heal;
  const at = ladder.findIndex((each) => each.do === step) + 1;
  return `step ${at} of ${ladder.length}; ${recordText(recordOf(worked, signature, step), step, signature)}`;
};

/** Tried in this episode, and not given up before it was done. */
export const wasTried = ({ history, episode }: Pick<Climb, 'history' | 'episode'>): boolean =>
  history.some(({ intentAt, outcome }) => intentAt >= episode && outcome !== 'overtaken');
