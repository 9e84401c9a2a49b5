/** Functions that compare samples with one another: exactly Prometheus's arithmetic. */
import { at, type RangeFunction, type Samples } from './samples.js';

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

export const idelta: RangeFunction = ({ times, values, count }) =>
  count < 2 || at(times, count - 1) === at(times, count - 2)
    ? undefined
    : at(values, count - 1) - at(values, count - 2);

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
