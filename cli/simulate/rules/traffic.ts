/** Rules of traffic, on what the gateway takes into force and on the weights behind it. */
import type { InstanceId, TrafficPolicy } from '../../../config/index.js';
import type { PlannedServer } from '../../../scheduler/client/index.js';
import type { DesiredUpstream } from '../../../scheduler/gateway/types.js';
import type { ServiceWorld } from '../../../scheduler/model.js';
import type { Breach } from './model.js';

type Traffic = Pick<TrafficPolicy, 'floor' | 'maxWeight'> | null;
type Scores = ServiceWorld['scores']['instances'];

export const floorOf = (traffic: Traffic): number => (traffic?.floor ?? 0) * (traffic?.maxWeight ?? 100);

/** Who was served, who is. */
export interface Adopted {
  readonly before: DesiredUpstream | null;
  readonly after: DesiredUpstream;
  readonly traffic: Traffic;
  readonly minimum: number;
  /** In the catalog, and no newcomer that waits for Consul: who is not has left by itself. */
  readonly listed: ReadonlySet<string>;
  readonly isPanic: boolean;
}

/** Whoever wants it. */
export function* legalRules(after: DesiredUpstream, traffic: Traffic): Generator<Breach> {
  const inRotation = after.servers.filter(({ weight }) => weight > 0);
  if (after.servers.length > 0 && inRotation.length === 0) yield ['an upstream is never empty', after.name];
  const [floor, most] = [floorOf(traffic), traffic?.maxWeight ?? 100];
  for (const { instance, weight } of inRotation)
    if (weight < floor || weight > most || !Number.isInteger(weight))
      yield ['weights are at least the floor', `${instance} has ${weight}`];
}

export function* adoptedRules({ before, after, traffic, minimum, listed, isPanic }: Adopted): Generator<Breach> {
  yield* legalRules(after, traffic);
  const inRotation = after.servers.filter(({ weight }) => weight > 0);
  const is = new Map(after.servers.map(({ instance, weight }) => [instance, weight]));
  const taken = (before?.servers ?? []).filter(
    ({ instance, weight }) => weight > 0 && listed.has(instance) && (is.get(instance) ?? 0) === 0,
  );
  if (isPanic || taken.length === 0 || inRotation.length >= minimum) return;
  const names = taken.map(({ instance }) => instance).join(', ');
  yield ['the minimum stays in rotation', `${inRotation.length} of ${minimum} after ${names} left`];
}

/** Weights move in steps of 10, and only by more than one and a half. */
const tolerated = 20;

/** Two weights differ by more than is tolerated: else there is nothing to compare. */
const areSpread = (servers: readonly PlannedServer[], weightOf: (server: PlannedServer) => number): boolean => {
  let [least, most] = [Infinity, -Infinity];
  for (const server of servers) {
    const weight = weightOf(server);
    least = Math.min(least, weight);
    most = Math.max(most, weight);
  }
  return most - least > tolerated;
};

/**
 * Weights, before they are normalised, follow scores outside a panic, among those that have no ramp, probation or wait of
 * their own; as far as steps of 10 % that move by one and a half allow. `rises`: on its way up, by a little at once.
 */
export function* monotoneRules(
  servers: readonly PlannedServer[],
  weightOf: (server: PlannedServer) => number,
  rises: (server: PlannedServer) => boolean,
  scores: () => Scores | undefined,
): Generator<Breach> {
  if (!areSpread(servers, weightOf)) return;
  const known = scores();
  // A zone that is just being counted down keeps its weight for the two evaluations that this takes.
  const usual = servers.filter((server) => isPlain(server) && isSettled(known, server));
  for (const one of usual)
    for (const other of usual) {
      const [a, b] = [smoothed(known, one), smoothed(known, other)];
      if (a === null || b === null || a <= b || weightOf(one) >= weightOf(other) - tolerated || rises(one)) continue;
      const text = `${one.instance} ${a} has ${weightOf(one)}, ${other.instance} ${b} has ${weightOf(other)}`;
      yield ['weights are monotone in the score', text];
    }
}

const plain: ReadonlySet<string> = new Set(['FULL', 'LOWERED']);

const isPlain = ({ reasons, weight }: PlannedServer): boolean =>
  weight > 0 && reasons.length === 1 && plain.has(reasons[0]?.code ?? '');

const isSettled = (scores: Scores | undefined, { instance }: PlannedServer): boolean => {
  const score = scores?.get(instance as InstanceId);
  return score?.streak.zone === score?.zone;
};

const smoothed = (scores: Scores | undefined, { instance }: PlannedServer): number | null =>
  scores?.get(instance as InstanceId)?.smoothed ?? null;
