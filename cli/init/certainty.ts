/** How far what was seen can be trusted to hold tomorrow. */
import { formatDuration } from '../../config/units.js';
import type { Statistics } from './statistics.js';

const minute = 60_000;

export interface Looked {
  readonly durationMs: number;
  readonly instances: number;
}

export interface Certainty {
  readonly level: 'low' | 'fair' | 'good';
  /** Why not more. */
  readonly doubts: readonly string[];
}

/** Of the whole look: time and instances. */
export const certaintyOf = ({ durationMs, instances }: Looked): Certainty => {
  const doubts = [
    ...(durationMs < 24 * 60 * minute ? [`a look of ${formatDuration(durationMs)}`] : []),
    ...(instances < 2 ? ['a single instance'] : []),
  ];
  return { level: durationMs < 10 * minute ? 'low' : doubts.length > 0 ? 'fair' : 'good', doubts };
};

/** Of one metric, beside what holds for all. */
export const doubtsOf = ({ count, least, most }: Statistics): readonly string[] => [
  ...(count < 20 ? ['few samples'] : []),
  ...(count > 1 && least === most ? ['flat: it never moved'] : []),
];
