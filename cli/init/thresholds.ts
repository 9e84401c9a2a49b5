/** Thresholds for a metric from what was seen of it: no value seen may cost a point, and what is critical is far from it. */
import type { MetricPolicy } from '../../config/index.js';
import { roundUp } from './round.js';
import type { Statistics } from './statistics.js';

export type Advice =
  /** The preset's own stand. `why`: a few words. */
  | { readonly kind: 'keep'; readonly why: string }
  /** `worse`: what was seen is worse than what the preset calls good. */
  | { readonly kind: 'set'; readonly good: number; readonly critical: number; readonly worse: boolean }
  /** No thresholds would leave what was seen both good and far from critical: it is shown, and not counted. */
  | { readonly kind: 'watch'; readonly why: string };

type Thresholds = Pick<MetricPolicy, 'good' | 'critical' | 'unit' | 'source'>;

/** Over everything seen, twice over what is usual: a quiet minute is no measure of a busy one. */
const roomOver = ({ p95, most }: Statistics): number => Math.max(2 * p95, 1.5 * most);

/** However quiet it was, not tighter than this part of the preset's `good`. */
const tightest = ({ unit }: Thresholds): number => (unit === 'seconds' ? 1 / 4 : 1 / 100);

/** How far critical is from good: as in the preset, but at least three times and at most ten. */
const distance = ({ good, critical }: Thresholds): number =>
  good > 0 ? Math.min(10, Math.max(3, critical / good)) : 4;

/** A share has a scale of its own: what is 30 % now may be 60 % at noon and well. Only what is worse already is moved. */
const ofShare = ({ good, critical }: Thresholds, { most }: Statistics): Advice => {
  if (most <= good) return { kind: 'keep', why: 'a share of a limit' };
  const raised = Math.min(roundUp(1.5 * most), most + 0.5 * (1 - most));
  if (!(most < raised && raised < 0.98)) return { kind: 'watch', why: 'it is at its limit now' };
  const up = (value: number): number => Math.ceil(value * 1_000 - 1e-9) / 1_000;
  const [from, to] = [up(raised), Math.max(critical, Math.min(4 * raised, raised + 0.7 * (1 - raised)))];
  return { kind: 'set', good: from, critical: Math.min(1, up(to)), worse: true };
};

const isSwitch = ({ source }: Thresholds): boolean => source.kind === 'up' || source.kind === 'stall';

/** `thresholds`: the preset's. */
export const adviseOn = (thresholds: Thresholds, seen: Statistics): Advice => {
  const { good, critical } = thresholds;
  if (isSwitch(thresholds) || good > critical) {
    const isFine = good > critical ? seen.least >= good : seen.most <= good;
    return isFine ? { kind: 'keep', why: '' } : { kind: 'watch', why: 'it is worse than good now' };
  }
  if (thresholds.unit === 'ratio') return ofShare(thresholds, seen);
  if (seen.most <= 0) return { kind: 'keep', why: 'it was never more than 0' };
  // A threshold of nothing, as for deadlocks, is meant so: one is too many.
  if (good === 0)
    return seen.most <= 0 ? { kind: 'keep', why: '' } : { kind: 'watch', why: 'it is worse than good now' };
  const from = roundUp(Math.max(roomOver(seen), good * tightest(thresholds)));
  return { kind: 'set', good: from, critical: roundUp(from * distance(thresholds)), worse: seen.most > good };
};
