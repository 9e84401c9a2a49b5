import type { InstanceScore } from '../client/index.js';

/** What readers may be woken for. */
export type Material = Pick<
  InstanceScore,
  'zone' | 'up' | 'consul' | 'address' | 'port' | 'node' | 'joinedAt' | 'smoothed'
>;

/** Nothing else of it is kept. */
export const materialOf = ({ zone, up, consul, address, port, node, joinedAt, smoothed }: Material): Material => {
  return { zone, up, consul, address, port, node, joinedAt, smoothed };
};

const STEP = 5;
/** A score that hovers at the edge of a step wakes nobody. */
const DEAD_BAND = 1;

const movedStep = (one: number | null, other: number | null): boolean => {
  if (one === null || other === null) return one !== other;
  return Math.floor(one / STEP) !== Math.floor(other / STEP) && Math.abs(one - other) >= DEAD_BAND;
};

/**
 * Whether a reader who was told `before` must be woken for `after`: another zone, life sign, Consul status or address, or a
 * smoothed score that left its step of five points.
 */
export const isMaterial = (before: Material, after: Material): boolean =>
  before.zone !== after.zone ||
  before.up.state !== after.up.state ||
  before.consul !== after.consul ||
  before.address !== after.address ||
  before.port !== after.port ||
  before.node !== after.node ||
  before.joinedAt !== after.joinedAt ||
  movedStep(before.smoothed, after.smoothed);
