import { movingWindowMs, type CompiledMetric } from './compile.js';
import { ask } from './query.js';
import type { Scope } from './scope.js';

/** Share of the band between good and critical; at most this is noise. */
const stillShare = 0.05;

/** When the value is looked at again, back from now. */
const looksMs = [movingWindowMs / 2, movingWindowMs];

/** Whether a resource's value changed within the last 30 s by more than noise: it may yet pass by itself, or grow worse. */
export const isMoving = (
  { policy, source, traffic }: CompiledMetric,
  value: number,
  scope: Scope,
  now: number,
): boolean => {
  if (traffic || source.kind !== 'query' || policy.level === 'gateway') return false;
  const band = Math.abs(policy.critical - policy.good);
  return looksMs.some((agoMs) => {
    const asked = ask(source.expr, scope, null, now - agoMs);
    const before = asked?.number;
    return before !== undefined && Math.abs(value - before) > stillShare * band;
  });
};
