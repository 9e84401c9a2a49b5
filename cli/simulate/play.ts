import type { Verdict } from '../../scheduler/client/index.js';
import { judge } from '../../scheduler/guard/index.js';
import type { Judge } from '../../scheduler/model.js';
import { weakened } from './biases.js';
import { type DayResult, simulate } from './day.js';
import { storyOf, type Task } from './run.js';

/** All guardrails; those that are switched off say that they allow. */
export const judgeWithout =
  (...codes: readonly string[]): Judge =>
  (context) =>
    judge(context).map((verdict) => (codes.includes(verdict.code) ? { ...verdict, allowed: true } : verdict));

/** Guardrails that refused in the course of a day; `alone`: and none beside it. */
export type Refusals = Readonly<Record<string, 'alone' | 'among others'>>;

export interface Played extends DayResult {
  /** Empty unless the task asks for it. */
  readonly refusals: Refusals;
}

/** The runtime is asked only when all others allow it: until then its guardrail refuses whatever the others say. */
const isOther = ({ code, allowed }: Verdict): boolean => !allowed && code !== 'RUNTIME_UNREADABLE';

const noting =
  (judging: Judge, into: Record<string, 'alone' | 'among others'>): Judge =>
  (context) => {
    const verdicts = judging(context);
    const isAlone = verdicts.filter(isOther).length <= 1;
    for (const { code, allowed } of verdicts)
      if (!allowed && into[code] !== 'alone') into[code] = isAlone ? 'alone' : 'among others';
    return verdicts;
  };

/** One day. `tell` hears each thing that happens. */
export const play = (task: Task, tell?: (line: string) => void): Played => {
  const refusals: Record<string, 'alone' | 'among others'> = {};
  const judging = task.without.length === 0 ? judge : judgeWithout(...task.without);
  const day = simulate({
    policies: weakened(task.fleet, task.bias ?? null),
    story: storyOf(task),
    judge: task.noting ? noting(judging, refusals) : judging,
    untilBroken: task.untilBroken ?? false,
    ...(tell ? { tell } : {}),
  });
  return { ...day, refusals };
};
