/** How each story should end, and how it must not. Pure. */
import type { FaultName } from '../faults.js';
import type { Seconds, Stage } from './timeline.js';

export type StoryFault = FaultName | 'shared';

/** What is known at a moment of the story. */
export interface Told {
  /** Seconds since the fault. */
  readonly at: number;
  readonly seconds: Seconds;
  /** When the fault was taken away again; null: it was not. */
  readonly liftedAt: number | null;
  /** Healing actions since the fault, of any instance: which, and how they ended (null: not yet). */
  readonly actions: readonly { readonly instance: string; readonly outcome: string | null }[];
  /** Every instance of the service is green with full weight. */
  readonly allWell: boolean;
  /** Answers that only NGINX can have made. */
  readonly gatewayErrors: number;
}

export type Judgement =
  | { readonly state: 'goes-on'; readonly waitsFor: string }
  | { readonly state: 'lift' }
  | { readonly state: 'over'; readonly ok: boolean; readonly why: string };

const over = (ok: boolean, why: string): Judgement => ({ state: 'over', ok, why });

/** What must be reached; `out` before `killed`: never a process that still takes traffic, unless it died by itself. */
const healed: readonly Stage[] = ['out', 'killed', 'replaced', 'green', 'fullWeight'];

/** How long a fault that nobody should be killed for is watched, in seconds: several times `heal.after`. */
const watchedSeconds = { cpu: 15, shared: 20 } as const;

const missing = (seconds: Seconds, wanted: readonly Stage[]): readonly Stage[] =>
  wanted.filter((stage) => seconds[stage] === null);

const judgeHealed = (instance: string, { seconds, actions }: Told, diedByItself: boolean): Judgement => {
  const { out, killed } = seconds;
  const other = actions.find((action) => action.instance !== instance);
  if (other) return over(false, `${other.instance} was healed, though nothing was wrong with it`);
  if (actions.length > 1) return over(false, `${instance} was healed ${actions.length} times, once was needed`);
  if (!diedByItself && killed !== null && (out === null || killed < out))
    return over(false, `${instance} was killed while it was in rotation`);
  const stages = missing(seconds, healed);
  if (stages.length > 0) return { state: 'goes-on', waitsFor: stages.join(', ') };
  const outcome = actions[0]?.outcome ?? null;
  if (actions.length === 0) return over(false, `${instance} came back without any action of Ballast`);
  if (outcome === null) return { state: 'goes-on', waitsFor: 'the end of the action' };
  if (outcome !== 'verified') return over(false, `the action on ${instance} ended as ${outcome}`);
  return over(
    true,
    `${instance} was taken out, ${diedByItself ? 'replaced' : 'restarted'}, and is green at full weight`,
  );
};

const judgeCpu = (instance: string, { at, seconds, liftedAt, actions, allWell }: Told): Judgement => {
  const acted = actions[0];
  if (acted) return over(false, `${acted.instance} was to be healed for a busy CPU`);
  if (seconds.killed !== null) return over(false, `${instance} was killed for a busy CPU`);
  if (seconds.weightLowered === null) return { state: 'goes-on', waitsFor: 'weightLowered' };
  if (liftedAt === null)
    return at - seconds.weightLowered < watchedSeconds.cpu
      ? { state: 'goes-on', waitsFor: 'nothing: it must be left alone' }
      : { state: 'lift' };
  if (seconds.fullWeight === null || !allWell) return { state: 'goes-on', waitsFor: 'fullWeight' };
  return over(true, `${instance} had less weight while its CPU was busy, was never killed, and has full weight again`);
};

const judgeShared = ({ at, seconds, liftedAt, actions, allWell, gatewayErrors }: Told): Judgement => {
  const acted = actions[0];
  if (acted) return over(false, `${acted.instance} was to be restarted for a cause that all share`);
  if (gatewayErrors > 0) return over(false, `NGINX made ${gatewayErrors} errors of its own`);
  if (liftedAt === null)
    return at < watchedSeconds.shared
      ? { state: 'goes-on', waitsFor: 'nothing: it must be left alone' }
      : { state: 'lift' };
  if (seconds.red === null) return over(false, 'nobody noticed that half of all requests failed');
  if (!allWell) return { state: 'goes-on', waitsFor: 'all instances green at full weight' };
  return over(true, 'nothing was restarted, NGINX made no errors of its own, and all have full weight again');
};

/** What to do now, from all that was seen so far. */
export const judge = (fault: StoryFault, instance: string, told: Told): Judgement => {
  if (fault === 'cpu') return judgeCpu(instance, told);
  if (fault === 'shared') return judgeShared(told);
  return judgeHealed(instance, told, fault === 'crash');
};
