/** A gauge is judged by the least bad of its last three samples: one odd sample is no fault. */
import { penalty } from './penalty.js';

/** Value, time, value, time…, oldest first. Flat, as there are a few for every gauge of every instance. */
export type GaugeSamples = readonly number[];

const kept = 3;

/** Appends a sample unless it is the one already known, and lets go of those older than `horizonMs`. */
export const remember = (samples: GaugeSamples, value: number, at: number, horizonMs: number): GaugeSamples => {
  const newest = samples.at(-1);
  if (newest === at) return samples;
  if (newest === undefined || newest > at) return [value, at];
  let from = Math.max(0, samples.length - 2 * (kept - 1));
  while (from < samples.length && (samples[from + 1] ?? 0) < at - horizonMs) from += 2;
  return appended(samples, from, value, at);
};

/** As a literal where it is full, as it nearly always is: such an array is made in one piece, and holds plain doubles. */
const appended = (samples: GaugeSamples, from: number, value: number, at: number): GaugeSamples => {
  if (samples.length - from !== 4) return [...samples.slice(from), value, at];
  return [
    samples[from] ?? NaN,
    samples[from + 1] ?? NaN,
    samples[from + 2] ?? NaN,
    samples[from + 3] ?? NaN,
    value,
    at,
  ];
};

/** Place of the least bad sample's value; among equals the newest. -1: there is none. */
export const leastBad = (samples: GaugeSamples, good: number, critical: number): number => {
  let best = -1;
  let least = Infinity;
  // The newest first: where it is well, as most are, no other is asked.
  for (let i = samples.length - 2; i >= 0 && least > 0; i -= 2) {
    const bad = penalty(samples[i] ?? Number.NaN, good, critical);
    if (bad >= least) continue;
    best = i;
    least = bad;
  }
  return best;
};
