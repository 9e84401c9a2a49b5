/** A gauge is judged by the least bad of its last three samples: one odd sample is no fault. */
import { penalty } from './penalty.js';

export interface GaugeSample {
  readonly value: number;
  readonly at: number;
}

const kept = 3;

/** Appends a sample unless it is the one already known, and lets go of those older than `horizonMs`. */
export const remember = (
  samples: readonly GaugeSample[],
  sample: GaugeSample,
  horizonMs: number,
): readonly GaugeSample[] => {
  if (samples.at(-1)?.at === sample.at) return samples;
  return [...samples.filter(({ at }) => at < sample.at && at >= sample.at - horizonMs).slice(1 - kept), sample];
};

/** The least bad sample; among equals the newest. */
export const leastBad = (samples: readonly GaugeSample[], good: number, critical: number): GaugeSample | undefined => {
  let best: GaugeSample | undefined;
  let least = Infinity;
  for (const sample of samples) {
    const bad = penalty(sample.value, good, critical);
    if (bad <= least) [best, least] = [sample, bad];
  }
  return best;
};
