/** Many days, one seed each, over the cores that there are. */
import type { DayOptions, DayResult } from './day.js';
import type { Played } from './play.js';
import { biasOf, weakened } from './biases.js';
import { type Fleet, stageOf } from './fleet.js';
import { overCores } from './pool.js';
import type { Incident } from './story.js';
import { tell } from './tell.js';

export interface Task {
  readonly fleet: Fleet;
  readonly seed: number;
  readonly hours: number;
  /** Codes of guardrails that are switched off. */
  readonly without: readonly string[];
  /** Only these incidents of the seed's story, by place; null: all. */
  readonly only: readonly number[] | null;
  /** At least so many incidents; as many as a day's hours come to, unless given. */
  readonly least?: number;
  /** A guardrail's code: half of the incidents are of the kind that puts it in the way (`biases.ts`). */
  readonly bias?: string;
  /** Ends at the first rule that breaks, or at the first break of this one. */
  readonly untilBroken?: DayOptions['untilBroken'];
  /** What each guardrail refused is noted. */
  readonly noting?: boolean;
}

export const storyOf = ({ fleet, seed, hours, only, least, bias }: Task): DayOptions['story'] => {
  const count = least ?? Math.ceil((20 * hours) / 24);
  const story = tell(seed, stageOf(weakened(fleet, bias ?? null)), {
    hours,
    least: count,
    bias: bias === undefined ? null : biasOf(bias),
  });
  const incidents: readonly Incident[] =
    only === null ? story.incidents : only.flatMap((nth) => story.incidents[nth] ?? []);
  return { ...story, incidents };
};

export interface Totals {
  readonly days: number;
  readonly seeds: readonly [from: number, to: number];
  readonly steps: number;
  readonly evaluations: number;
  readonly violations: number;
  readonly unhealed: number;
  readonly wrongDrains: number;
  readonly wrongHeals: number;
  /** Of the wall clock. */
  readonly seconds: number;
  /** By all workers together. */
  readonly evaluationsPerSecond: number;
  readonly drains: number;
  readonly heals: number;
  readonly orders: number;
  readonly requests: number;
  readonly errors: number;
  readonly reloads: number;
}

export const totalsOf = (results: readonly DayResult[], seconds: number): Totals => {
  const sum = (of: (result: DayResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  const evaluations = sum((result) => result.evaluations);
  return {
    days: results.length,
    seeds: [Math.min(...results.map(({ seed }) => seed)), Math.max(...results.map(({ seed }) => seed))],
    steps: sum(({ steps }) => steps),
    evaluations,
    violations: sum(({ violations }) => violations.length),
    unhealed: sum(({ unhealed }) => unhealed.length),
    wrongDrains: sum(({ wrongDrains }) => wrongDrains),
    wrongHeals: sum(({ wrongHeals }) => wrongHeals),
    seconds,
    evaluationsPerSecond: seconds > 0 ? Math.round(evaluations / seconds) : 0,
    drains: sum(({ drains }) => drains),
    heals: sum(({ heals }) => heals),
    orders: sum(({ orders }) => orders),
    requests: sum(({ requests }) => requests),
    errors: sum(({ errors }) => errors),
    reloads: sum(({ reloads }) => reloads),
  };
};

/** Results in the order of the seeds. `enough`: stop early once it says so. */
export const runDays = async (
  tasks: readonly Task[],
  onResult?: (result: Played, done: number) => void,
  enough?: (result: Played) => boolean,
): Promise<readonly Played[]> => {
  const script = new URL('./worker.js', import.meta.url);
  const results = await overCores<Task, Played>(script, tasks, onResult, enough);
  return [...results].sort((a, b) => a.seed - b.seed);
};
