import type { TrafficPolicy, ZonePolicy } from '../../config/index.js';
import { shareOf } from '../../engine/client/index.js';
import type { Stance } from './rotation.js';

export type WeightPolicy = Pick<TrafficPolicy, 'maxWeight' | 'floor' | 'slowStartMs'>;

/** Weights move in steps of this share of the largest, and only when they should move by more than a step and a half. */
const step = 0.1;
const hysteresisSteps = 1.5;
/** Rising by at most this share of the largest at once; falling by any. */
const raise = 0.2;

/** What a weight is drawn to: a share of the largest weight, and whether it is taken without hysteresis. */
export interface Pull {
  readonly share: number;
  readonly exact: boolean;
}

export const floorWeight = ({ maxWeight, floor }: WeightPolicy): number => Math.max(1, Math.round(maxWeight * floor));

/** The slow start: linear from the floor, with time alone. */
export const rampShare = (elapsedMs: number, { floor, slowStartMs }: WeightPolicy): number =>
  slowStartMs <= 0 ? 1 : Math.min(1, floor + (1 - floor) * Math.max(0, elapsedMs / slowStartMs));

/** Null: keep the last weight. */
export const pullOf = (
  { seat, reason }: Stance,
  rampFrom: number | null,
  policy: WeightPolicy,
  zones: ZonePolicy,
  now: number,
): Pull | null => {
  const floor = { share: policy.floor, exact: true };
  switch (reason.code) {
    case 'EQUAL':
      return { share: 1, exact: true };
    case 'PROBATION':
    case 'HELD_FLOOR':
    case 'WARM_UP':
      return floor;
    case 'KEPT':
      return rampFrom === null ? null : ramped({ share: 1, exact: true }, rampFrom, policy, now);
    default: {
      const smoothed = seat.score?.smoothed ?? seat.score?.score ?? zones.maxScore;
      const own =
        seat.zone === 'yellow'
          ? { share: shareOf(smoothed, zones, policy.floor), exact: false }
          : { share: 1, exact: true };
      return rampFrom === null ? own : ramped(own, rampFrom, policy, now);
    }
  }
};

const ramped = (own: Pull, rampFrom: number, policy: WeightPolicy, now: number): Pull => {
  const share = rampShare(now - rampFrom, policy);
  return share < own.share ? { share, exact: false } : own;
};

/**
 * The next weight of one instance in rotation: quantised, moved only by a clear step, raised by little at once. It never
 * falls under the floor, and both ends are always within reach: the last step up or down needs no clear step. (Where all
 * are low, one left a step over the floor would get twice the traffic of its equals, as the largest counts as full.)
 */
export const nextWeight = (last: number, { share, exact }: Pull, policy: WeightPolicy): number => {
  const { maxWeight } = policy;
  const floor = floorWeight(policy);
  const unit = Math.max(1, maxWeight * step);
  const wanted = share * maxWeight;
  if (last <= 0) return Math.max(floor, Math.min(quantised(wanted, unit, policy), maxWeight * raise));
  const next = quantised(wanted, unit, policy);
  const moves = exact || next === maxWeight || next === floor || Math.abs(wanted - last) > hysteresisSteps * unit;
  if (!moves) return Math.max(floor, Math.min(last, maxWeight));
  return Math.round(Math.min(next, last + Math.max(1, maxWeight * raise)));
};

const quantised = (wanted: number, unit: number, policy: WeightPolicy): number =>
  Math.min(policy.maxWeight, Math.max(floorWeight(policy), Math.round(Math.round(wanted / unit) * unit)));

/** Scales an upstream so that its largest weight is the maximum: when all are lowered alike, nobody is. Zero stays zero. */
export const normalise = (weights: readonly number[], policy: WeightPolicy): number[] => {
  const largest = Math.max(0, ...weights);
  if (largest === 0 || largest === policy.maxWeight) return [...weights];
  return weights.map((weight) => (weight === 0 ? 0 : Math.max(1, Math.round((weight * policy.maxWeight) / largest))));
};

interface Candidate {
  readonly stance: Stance;
  readonly after: { readonly weight: number };
}

/** Never an empty upstream: when nobody takes traffic, all that are not known to be down do; else all. */
export const keepSomebody = (weighed: readonly Candidate[], { maxWeight }: WeightPolicy): number[] => {
  const weights = weighed.map(({ after }) => after.weight);
  if (weights.length === 0 || weights.some((weight) => weight > 0)) return weights;
  const alive = weighed.map(({ stance: { seat } }) => seat.up !== 'down' && !seat.inAction);
  return alive.map((isAlive) => (isAlive || !alive.includes(true) ? maxWeight : 0));
};
