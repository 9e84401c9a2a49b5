/**
 * Functions over the samples of one series within a range, oldest first: exactly Prometheus's arithmetic. Undefined: no result.
 * The arrays are scratch space: read the first `count` cells, keep nothing.
 */
export interface Samples {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly count: number;
}

export interface RangeOf {
  /** The range is left-open: (startMs, endMs]. */
  readonly startMs: number;
  readonly endMs: number;
}

export type RangeFunction = (samples: Samples, range: RangeOf) => number | undefined;

const at = (cells: Float64Array, index: number): number => cells[index] ?? NaN;

/** Of the first and last sample, plus what each counter reset hid. */
const rawIncrease = ({ values, count }: Samples, isCounter: boolean): number => {
  let increase = at(values, count - 1) - at(values, 0);
  if (!isCounter) return increase;
  for (let i = 1; i < count; i++) if (at(values, i) < at(values, i - 1)) increase += at(values, i - 1);
  return increase;
};

/**
 * The increase over the samples, extended to the bounds of the range where the first and last sample are near enough (1.1 mean
 * distances), else by half a distance; a counter never further back than where it would have been zero.
 */
const extrapolated =
  ({ isCounter, perSecond }: { readonly isCounter: boolean; readonly perSecond: boolean }): RangeFunction =>
  (samples, { startMs, endMs }) => {
    const { times, values, count } = samples;
    if (count < 2) return undefined;
    const increase = rawIncrease(samples, isCounter);
    const sampled = (at(times, count - 1) - at(times, 0)) / 1000;
    const mean = sampled / (count - 1);
    const near = mean * 1.1;
    const distance = (seconds: number): number => (seconds >= near ? mean / 2 : seconds);
    let toStart = distance((at(times, 0) - startMs) / 1000);
    const toEnd = distance((endMs - at(times, count - 1)) / 1000);
    if (isCounter && increase > 0 && at(values, 0) >= 0)
      toStart = Math.min(toStart, sampled * (at(values, 0) / increase));
    const factor = (sampled + toStart + toEnd) / sampled;
    return increase * (perSecond ? factor / ((endMs - startMs) / 1000) : factor);
  };

export const rate = extrapolated({ isCounter: true, perSecond: true });
export const increase = extrapolated({ isCounter: true, perSecond: false });
export const delta = extrapolated({ isCounter: false, perSecond: false });

/** From the last two samples alone. */
export const irate: RangeFunction = ({ times, values, count }) => {
  if (count < 2) return undefined;
  const [before, last] = [at(values, count - 2), at(values, count - 1)];
  const seconds = (at(times, count - 1) - at(times, count - 2)) / 1000;
  return seconds === 0 ? undefined : (last < before ? last : last - before) / seconds;
};

const countSteps =
  (isStep: (before: number, after: number) => boolean): RangeFunction =>
  ({ values, count }) => {
    let steps = 0;
    for (let i = 1; i < count; i++) if (isStep(at(values, i - 1), at(values, i))) steps++;
    return steps;
  };

export const changes = countSteps(
  (before, after) => after !== before && !(Number.isNaN(after) && Number.isNaN(before)),
);
export const resets = countSteps((before, after) => after < before);

/** Neumaier's compensated sum, as Prometheus adds. */
export class Sum {
  #sum = 0;
  #lost = 0;

  add(value: number): void {
    const sum = this.#sum + value;
    if (!Number.isFinite(sum)) this.#lost = 0;
    else if (Math.abs(this.#sum) >= Math.abs(value)) this.#lost += this.#sum - sum + value;
    else this.#lost += value - sum + this.#sum;
    this.#sum = sum;
  }

  get value(): number {
    return this.#sum + this.#lost;
  }
}

export const sumOverTime: RangeFunction = ({ values, count }) => {
  const sum = new Sum();
  for (let i = 0; i < count; i++) sum.add(at(values, i));
  return sum.value;
};

export const avgOverTime: RangeFunction = (samples, range) => (sumOverTime(samples, range) ?? NaN) / samples.count;

const extreme =
  (better: (value: number, best: number) => boolean): RangeFunction =>
  ({ values, count }) => {
    let best = at(values, 0);
    for (let i = 1; i < count; i++) if (better(at(values, i), best) || Number.isNaN(best)) best = at(values, i);
    return best;
  };

export const minOverTime = extreme((value, best) => value < best);
export const maxOverTime = extreme((value, best) => value > best);
export const countOverTime: RangeFunction = ({ count }) => count;
export const lastOverTime: RangeFunction = ({ values, count }) => at(values, count - 1);
