/** The straight line of least squares through a series' samples: exactly Prometheus's arithmetic. */
import { at, type RangeFunction, type Samples } from './samples.js';
import { Sum } from './statistics.js';

interface Line {
  readonly perSecond: number;
  /** At the time that was asked for. */
  readonly value: number;
}

const lineAt = (samples: Samples, atMs: number): Line => {
  const { times, values, count } = samples;
  const first = at(values, 0);
  if (isLevel(samples)) return Number.isFinite(first) ? { perSecond: 0, value: first } : { perSecond: NaN, value: NaN };
  const sums = { x: new Sum(), y: new Sum(), xy: new Sum(), xx: new Sum() };
  for (let i = 0; i < count; i++) {
    const x = (at(times, i) - atMs) / 1000;
    const y = at(values, i);
    sums.x.add(x);
    sums.y.add(y);
    sums.xy.add(x * y);
    sums.xx.add(x * x);
  }
  const [x, y] = [sums.x.value, sums.y.value];
  const perSecond = (sums.xy.value - (x * y) / count) / (sums.xx.value - (x * x) / count);
  return { perSecond, value: y / count - (perSecond * x) / count };
};

/** All values are the same: the sums would only add rounding. */
const isLevel = ({ values, count }: Samples): boolean => {
  const first = at(values, 0);
  for (let i = 1; i < count; i++) if (at(values, i) !== first) return false;
  return true;
};

export const deriv: RangeFunction = (samples) =>
  samples.count < 2 ? undefined : lineAt(samples, at(samples.times, 0)).perSecond;

/** Seconds from now on, whatever the offset of the range. */
export const predictLinear: RangeFunction = (samples, { nowMs }, seconds) => {
  if (samples.count < 2) return undefined;
  const { perSecond, value } = lineAt(samples, nowMs);
  return perSecond * seconds + value;
};
