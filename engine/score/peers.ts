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

const penaltiesOf = (assessments: readonly Assessment[], name: MetricName): Float64Array => {
  // Of one policy, a metric stands at the same place in every assessment.
  const place = assessments[0]?.judgements.findIndex((judgement) => judgement.name === name) ?? -1;
  return sortedOf(
    assessments.map(({ judgements }) => {
      const there = judgements[place];
      return (there?.name === name ? there : judgements.find((judgement) => judgement.name === name))?.penalty;
    }),
  );
};

/** Asked for, and sorted, only where somebody wants to know. */
class Assessed implements Peers {
  private readonly penalties = new Map<MetricName, Float64Array>();
  private known: readonly Assessment[] | null = null;
  private sorted: Float64Array | null = null;

  constructor(private readonly all: () => readonly Assessment[]) {}

  get count(): number {
    return this.scores.length;
  }

  score(own: number | null): number | null {
    return medianWithout(this.scores, own);
  }

  penalty(name: MetricName, own: number | null): number | null {
    const there = this.penalties.get(name) ?? penaltiesOf(this.assessments, name);
    this.penalties.set(name, there);
    return medianWithout(there, own);
  }

  private get assessments(): readonly Assessment[] {
    return (this.known ??= this.all());
  }

  private get scores(): Float64Array {
    return (this.sorted ??= sortedOf(this.assessments.map(({ score }) => score)));
  }
}

/**
 * The assessments of all instances whose results count at present. A class, not an object with a getter: V8 keeps each
 * such getter in a hidden class of its own, and with it all that it can reach, until the next full collection.
 */
export const peersOf = (all: () => readonly Assessment[]): Peers => new Assessed(all);
