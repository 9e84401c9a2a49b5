/** What a score is worth in traffic, by itself: the one formula, for the scheduler and for whoever asks what would be. */
import type { Zone } from './wire.js';

/** Scores at which an instance leaves rotation, and from which on its weight is full. */
export interface ShareScores {
  readonly criticalScore: number;
  readonly maxScore: number;
}

/** Share of the largest weight of a yellow instance: (score - critical) / (max - critical), never under the floor. Monotone in score. */
export const shareOf = (score: number, zones: ShareScores, floor: number): number => {
  const share = (score - zones.criticalScore) / (zones.maxScore - zones.criticalScore);
  return Math.min(1, Math.max(floor, share));
};

/** Share of the largest weight that a zone comes to, before steps, slow start and guardrails; null: what it was before. */
export const shareIn = (zone: Zone, score: number | null, zones: ShareScores, floor: number): number | null => {
  if (zone === 'green') return 1;
  if (zone === 'red') return 0;
  return zone === 'unknown' ? null : shareOf(score ?? zones.maxScore, zones, floor);
};
