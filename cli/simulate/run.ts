/** Many days, one seed each, over the cores that there are. */
import type { DayOptions, DayResult } from './day.js';
import { type Fleet, stageOf } from './fleet.js';
import { overCores } from './pool.js';
import type { Incident } from './story.js';
import { tell } from './tell.js';

export interface Task {
  readonly fleet: Fleet;
  readonly seed: number;
  readonly hours: number;
  /** A guardrail's code that is switched off. */
  readonly without: string | null;
  /** Only these incidents of the seed's story, by place; null: all. */
  readonly only: readonly number[] | null;
}

export const storyOf = ({ fleet, seed, hours, only }: Task): DayOptions['story'] => {
  const story = tell(seed, stageOf(fleet), hours, Math.ceil((20 * hours) / 24));
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
  readonly drains: number;
  readonly wrongDrains: number;
  readonly heals: number;
  readonly wrongHeals: number;
  readonly requests: number;
  readonly errors: number;
  readonly reloads: number;
  /** Of the wall clock. */
  readonly seconds: number;
}

const sum = (results: readonly DayResult[], of: (result: DayResult) => number): number =>
  results.reduce((total, result) => total + of(result), 0);

export const totalsOf = (results: readonly DayResult[], seconds: number): Totals => ({
  days: results.length,
  seeds: [Math.min(...results.map(({ seed }) => seed)), Math.max(...results.map(({ seed }) => seed))],
  steps: sum(results, ({ steps }) => steps),
  evaluations: sum(results, ({ evaluations }) => evaluations),
  violations: sum(results, ({ violations }) => violations.length),
  unhealed: sum(results, ({ unhealed }) => unhealed.length),
  drains: sum(results, ({ drains }) => drains),
  wrongDrains: sum(results, ({ wrongDrains }) => wrongDrains),
  heals: sum(results, ({ heals }) => heals),
  wrongHeals: sum(results, ({ wrongHeals }) => wrongHeals),
  requests: sum(results, ({ requests }) => requests),
  errors: sum(results, ({ errors }) => errors),
  reloads: sum(results, ({ reloads }) => reloads),
  seconds,
});

/** Results in the order of the seeds. `enough`: stop early once it says so. */
export const runDays = async (
  tasks: readonly Task[],
  onResult?: (result: DayResult, done: number) => void,
  enough?: (result: DayResult) => boolean,
): Promise<readonly DayResult[]> => {
  const script = new URL('./worker.js', import.meta.url);
  const results = await overCores<Task, DayResult>(script, tasks, onResult, enough);
  return [...results].sort((a, b) => a.seed - b.seed);
};
