/** Many trials over the cores, and what they come to: a cell for each fault, condition and contender, over all seeds. */
import { overCores } from '../pool.js';
import { conditions } from './conditions.js';
import { type ContenderName, contenderNames } from './contenders.js';
import { type FaultName, faultNames } from './faults.js';
import type { Trial, TrialResult } from './trial.js';

export interface Asked {
  readonly conditions: readonly string[];
  readonly faults: readonly FaultName[];
  readonly contenders: readonly ContenderName[];
  /** What is changed of the defaults; null: nothing. Peers know only null. */
  readonly alternatives: readonly (string | null)[];
  readonly seeds: readonly number[];
}

export const everything = (seeds: number): Asked => ({
  conditions: conditions.map(({ name }) => name),
  faults: faultNames,
  contenders: contenderNames,
  alternatives: [null],
  seeds: Array.from({ length: seeds }, (_, nth) => nth + 1),
});

/** Over the seeds; null: it never was. */
export interface Spread {
  readonly mean: number;
  readonly least: number;
  readonly most: number;
  /** Of how many seeds. */
  readonly of: number;
}

export type Measure = keyof TrialResult;

export type Cell = Pick<Trial, 'condition' | 'fault' | 'contender' | 'alternative'> &
  Readonly<Record<Measure, Spread | null>>;

interface Played {
  readonly trial: Trial;
  readonly result: TrialResult;
}

export const trialsOf = ({ conditions: under, faults, contenders, alternatives, seeds }: Asked): readonly Trial[] =>
  under.flatMap((condition) =>
    faults.flatMap((fault) =>
      contenders.flatMap((contender) =>
        alternatives.flatMap((alternative) =>
          seeds.map((seed) => ({ condition, fault, contender, alternative, seed })),
        ),
      ),
    ),
  );

const spreadOf = (values: readonly (number | null)[]): Spread | null => {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  return { mean: Math.round(mean * 10) / 10, least: Math.min(...known), most: Math.max(...known), of: known.length };
};

const keyOf = ({ condition, fault, contender, alternative }: Omit<Trial, 'seed'>): string =>
  JSON.stringify([condition, fault, contender, alternative]);

/** In the order of the trials. */
export const cellsOf = (trials: readonly Trial[], played: readonly Played[]): readonly Cell[] => {
  const byKey = new Map<string, TrialResult[]>(trials.map((trial) => [keyOf(trial), []]));
  const sorted = [...played].sort((a, b) => a.trial.seed - b.trial.seed);
  for (const { trial, result } of sorted) byKey.get(keyOf(trial))?.push(result);
  const firsts = new Map(trials.map((trial) => [keyOf(trial), trial]));
  return [...firsts].map(([key, { condition, fault, contender, alternative }]) => {
    const results = byKey.get(key) ?? [];
    const of = (measure: Measure): Spread | null => spreadOf(results.map((result) => result[measure]));
    return {
      ...{ condition, fault, contender, alternative },
      requests: of('requests'),
      errors: of('errors'),
      slow: of('slow'),
      loweredMs: of('loweredMs'),
      outMs: of('outMs'),
      wrongDrains: of('wrongDrains'),
      capacityLost: of('capacityLost'),
      reloads: of('reloads'),
      heals: of('heals'),
    };
  });
};

export const tabulate = async (
  asked: Asked,
  onProgress: (done: number, of: number) => void,
): Promise<readonly Cell[]> => {
  const trials = trialsOf(asked);
  const script = new URL('./worker.js', import.meta.url);
  const played = await overCores<Trial, Played>(script, trials, (_, done) => onProgress(done, trials.length));
  return cellsOf(trials, played);
};
