/** What the other instances of the service say: medians of their last results, computed only for what is asked. */
import type { MetricName } from '../../config/index.js';
import type { Assessment } from '../model.js';

/** Index of the first element that is not smaller. */
const lowerBound = (sorted: Float64Array, value: number): number => {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((sorted[middle] ?? Infinity) < value) from = middle + 1;
    else to = middle;
  }
  return from;
};

/** Median of all but one element of that value (null: of all); null when nothing is left. */
export const medianWithout = (sorted: Float64Array, own: number | null): number | null => {
  const left = sorted.length - (own === null ? 0 : 1);
  if (left < 1) return null;
  const skipped = own === null ? sorted.length : lowerBound(sorted, own);
  const at = (rank: number): number => sorted[rank < skipped ? rank : rank + 1] ?? Number.NaN;
  const middle = left >>> 1;
  return left % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
};

export interface Peers {
  /** Median penalty of the others for one metric; `own`: the penalty to leave out, null when it is not among them. */
  penalty(name: MetricName, own: number | null): number | null;
  score(own: number | null): number | null;
  /** Instances with a score. */
  readonly count: number;
}

const sortedOf = (values: readonly (number | null | undefined)[]): Float64Array =>
  Float64Array.from(values.filter((value) => typeof value === 'number')).sort();

/** The last results that count at present, one of each instance. */
export interface Results {
  readonly scores: () => readonly (number | null | undefined)[];
  /** Of one metric; whoever was not judged by it is left out, or has none. */
  readonly penalties: (name: MetricName) => readonly (number | null | undefined)[];
}

/** Those of assessments. */
export const resultsOf = (assessments: readonly Assessment[]): Results => ({
  scores: () => assessments.map(({ score }) => score),
  penalties: (name) => {
    // Of one policy, a metric stands at the same place in every assessment.
    const place = assessments[0]?.judgements.findIndex((judgement) => judgement.name === name) ?? -1;
    return assessments.map(({ judgements }) => {
      const there = judgements[place];
      return (there?.name === name ? there : judgements.find((judgement) => judgement.name === name))?.penalty;
    });
  },
});

/**
 * A class, as an object with a getter of its own would get a hidden class of its own: these lie in the old heap, and would
 * hold all that their getter can reach, ten thousand memories, until the next full collection.
 */
class SortedResults implements Peers {
  readonly #all: () => Results;
  #known: Results | null = null;
  #scores: Float64Array | null = null;
  readonly #penalties = new Map<MetricName, Float64Array>();

  constructor(all: () => Results) {
    this.#all = all;
  }

  get count(): number {
    return this.#sortedScores().length;
  }

  score(own: number | null): number | null {
    return medianWithout(this.#sortedScores(), own);
  }

  penalty(name: MetricName, own: number | null): number | null {
    let there = this.#penalties.get(name);
    if (!there) this.#penalties.set(name, (there = sortedOf(this.#results().penalties(name))));
    return medianWithout(there, own);
  }

  #results(): Results {
    return (this.#known ??= this.#all());
  }

  #sortedScores(): Float64Array {
    return (this.#scores ??= sortedOf(this.#results().scores()));
  }
}

/** Results are asked for, and sorted, only where somebody wants to know. */
export const peersOf = (all: () => Results): Peers => new SortedResults(all);
