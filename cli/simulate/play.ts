import { guardrails } from '../../scheduler/guard/index.js';
import type { Judge } from '../../scheduler/model.js';
import { type DayResult, simulate } from './day.js';
import { storyOf, type Task } from './run.js';

/** All guardrails; the one that is switched off says that it allows. */
export const judgeWithout =
  (code: string): Judge =>
  (context) =>
    guardrails.map((guardrail) => {
      const verdict = guardrail(context);
      return verdict.code === code ? { ...verdict, allowed: true } : verdict;
    });

/** One day. `tell` hears each thing that happens. */
export const play = (task: Task, tell?: (line: string) => void): DayResult =>
  simulate({
    policies: task.fleet,
    story: storyOf(task),
    ...(task.without === null ? {} : { judge: judgeWithout(task.without) }),
    ...(tell ? { tell } : {}),
  });
