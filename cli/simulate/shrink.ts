import { play } from './play.js';
import { storyOf, type Task } from './run.js';

/**
 * The fewest incidents of a failing story that still fail: halves, quarters and so on are left out as long as it goes on
 * failing (delta debugging). Draws belong to moments, so what stays happens as before.
 */
export const shrink = (task: Task, fails: (task: Task) => boolean, most = 200): readonly number[] => {
  let kept = task.only ?? storyOf(task).incidents.map((_, nth) => nth);
  let tries = 0;
  for (let parts = 2; parts <= kept.length * 2 && tries < most;) {
    const size = Math.ceil(kept.length / parts);
    const shorter = chunks(kept, size).find((chunk) => {
      const rest = kept.filter((nth) => !chunk.includes(nth));
      return ++tries <= most && rest.length < kept.length && fails({ ...task, only: rest });
    });
    if (shorter === undefined) {
      if (size === 1) break;
      parts *= 2;
    } else {
      kept = kept.filter((nth) => !shorter.includes(nth));
      parts = Math.max(2, parts - 1);
    }
  }
  return kept;
};

const chunks = <T>(list: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, nth) => list.slice(nth * size, (nth + 1) * size));

/** Fails as this one did: by the same rule, or by leaving somebody unhealed. */
export const failsAlike = (task: Task): ((task: Task) => boolean) => {
  const first = play(task);
  const rule = first.violations[0]?.rule;
  return (other) => {
    const { violations, unhealed } = play({ ...other, untilBroken: rule ?? false });
    return rule === undefined ? unhealed.length > 0 : violations.some((violation) => violation.rule === rule);
  };
};
