import type { InstanceScore } from '../../engine/client/index.js';
import { costliest } from '../facts.js';

/** What a fault is remembered by: the metrics that cost most points, or that its process is down. */
export const signatureOf = (score: InstanceScore): string => {
  if (score.up.state === 'down') return 'down';
  const names = costliest(score).map(({ name }) => name);
  return [...new Set(names)].sort().join('+') || 'unexplained';
};
