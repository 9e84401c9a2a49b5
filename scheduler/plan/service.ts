import type { InstanceId, ServicePolicy, TrafficPolicy } from '../../config/index.js';
import { traffic as trafficDefaults } from '../../config/defaults.js';
import type { RotationMark } from '../../engine/client/index.js';
import type {
  GatewayView,
  InstanceMemory,
  PlannedServer,
  Reason,
  ServicePlan,
  ServiceRecord,
} from '../client/index.js';
import { seconds, servedWeight } from '../facts.js';
import { maintenanceOf } from '../said.js';
import type { CatalogEntry, Census, Event, ServiceWorld } from '../model.js';
import { desiredCount, noteCount, survey } from './census.js';
import { stateEvent, trafficEvent } from './events.js';
import { freeze, panic } from './frozen.js';
import { markOf, remember } from './remember.js';
import { rotate, type Stance } from './rotation.js';
import { type Seat, seatsOf } from './seats.js';
import { stateOf } from './state.js';
import { type PlanGround, quiet } from './ground.js';
import { keepSomebody, nextWeight, normalise, pullOf } from './weights.js';

export interface Planned {
  readonly plan: ServicePlan;
  /** The same object as given when nothing material changed. */
  readonly record: ServiceRecord;
  readonly census: Census;
  readonly seats: readonly Seat[];
  readonly events: readonly Event[];
}

/** Traffic of one service: who is in, who is out, how much each takes, and what is remembered of it. */
export const planService = (
  service: ServiceWorld,
  entries: readonly CatalogEntry[],
  before: ServiceRecord | null,
  token: number,
  now: number,
  ground: PlanGround = quiet,
): Planned => {
  const { policy } = service;
  const traffic = policy.traffic ?? trafficDefaults;
  const seats = seatsOf(service, entries, before, ground.controls, now);
  const known = before ? Object.keys(before.instances).length : seats.length;
  const seenCounts = noteCount(before?.seenCounts ?? [], known, seats.length, now);
  const census = survey(policy, seats, desiredCount(policy, seenCounts, seats.length));
  const stances = stancesOf(seats, census, policy, traffic, now);
  const weighed = stances.map((stance) => weigh(stance, policy, traffic, ground.gateway, now));
  const state = stateOf(stances, weighed.filter((one) => one.rampFrom !== null).length, census);
  const applied = policy.traffic?.mode === 'act';
  const record = recordOf(weighed, service, before, { token, at: now, state, seenCounts, applied });
  const plan = planOf(service, record, weighed, traffic, serviceReasons(service, census, ground, now));
  return {
    plan,
    record,
    census: { ...census, available: availableOf(weighed) },
    seats,
    events: before
      ? [...stateEvent(service, before, record, plan), ...weighed.flatMap((one) => trafficEvent(service, one))]
      : [],
  };
};

/** A stance with its weight: what it was, what it becomes. */
export interface Weighed {
  readonly stance: Stance;
  readonly rampFrom: number | null;
  readonly after: InstanceMemory;
  readonly reasons: readonly Reason[];
}

const stancesOf = (
  seats: readonly Seat[],
  census: ReturnType<typeof survey>,
  policy: ServicePolicy,
  traffic: Omit<TrafficPolicy, 'upstream'>,
  now: number,
): Stance[] => {
  if (census.blind !== null) return freeze(seats, census.blind);
  if (census.panic !== null) return panic(seats, census.panic, traffic.breaker, now);
  return rotate(seats, {
    breaker: traffic.breaker,
    desired: census.desired,
    minimum: census.minimum,
    criticalScore: policy.scoring.zones.criticalScore,
    marked: policy.traffic?.mode === 'act',
    now,
  });
};

const weigh = (
  stance: Stance,
  policy: ServicePolicy,
  traffic: Omit<TrafficPolicy, 'upstream'>,
  gateway: GatewayView | null,
  now: number,
): Weighed => {
  const { seat, reason, place } = stance;
  const started = stance.rampStarts ? now : seat.memory.rampFrom;
  const ramps = place === 'in' && stance.breaker.state === 'closed' && reason.code !== 'EQUAL';
  const rampFrom = ramps && started !== null && now - started < traffic.slowStartMs ? started : null;
  const pull = place === 'in' ? pullOf(stance, rampFrom, traffic, policy.scoring.zones, now) : null;
  const last = seat.memory.weight;
  const weight =
    place !== 'in'
      ? 0
      : pull === null
        ? last
        : reason.code === 'EQUAL'
          ? traffic.maxWeight
          : nextWeight(last, pull, traffic);
  const reasons =
    rampFrom !== null && slowed.has(reason.code) ? [rampReason(rampFrom, traffic.slowStartMs, now), reason] : [reason];
  if (stance.held) reasons.push(stance.held);
  const look = { drainMs: policy.drain.deadlineMs, stillServed: isStillServed(stance, policy, gateway), now };
  return { stance, rampFrom, after: remember(stance, weight, rampFrom, look), reasons };
};

/** It should be out, and takes traffic all the same: the gateway refuses the plan, or is late. */
const isStillServed = ({ seat, place }: Stance, { traffic }: ServicePolicy, gateway: GatewayView | null): boolean =>
  place === 'out' && traffic?.mode === 'act' && (servedWeight(gateway, traffic.upstream, seat.id) ?? 0) > 0;

const slowed: ReadonlySet<string> = new Set(['FULL', 'LOWERED', 'KEPT']);

const rampReason = (from: number, slowStartMs: number, now: number): Reason => ({
  code: 'RAMP',
  text: `slow start, ${seconds(now - from)} of ${seconds(slowStartMs)}`,
});

const availableOf = (weighed: readonly Weighed[]): ReadonlySet<InstanceId> =>
  new Set(
    weighed
      .filter(
        ({ stance: { seat }, after }) => after.weight > 0 && seat.passing && seat.action === null && !seat.inAction,
      )
      .filter(({ stance: { seat } }) => seat.zone === 'green' || seat.zone === 'yellow')
      .map(({ stance }) => stance.seat.id),
  );

interface RecordParts extends Pick<ServiceRecord, 'token' | 'at' | 'state' | 'seenCounts'> {
  readonly applied: boolean;
}

const recordOf = (
  weighed: readonly Weighed[],
  service: ServiceWorld,
  before: ServiceRecord | null,
  { token, at, state, seenCounts, applied }: RecordParts,
): ServiceRecord => {
  if (before && isAsBefore(weighed, service, before, { at, state, seenCounts, applied })) return before;
  const instances: Record<string, InstanceMemory> = {};
  const rotation: Record<string, RotationMark> = {};
  for (const { stance, after } of weighed) {
    const { id } = stance.seat;
    instances[id] = after;
    const mark = markOf(stance.seat, after, before?.rotation[id], applied, at);
    if (mark) rotation[id] = mark;
  }
  keepAbsent(service, before, instances, rotation);
  const stateSince = before?.state === state ? before.stateSince : at;
  const stormAt = before?.stormAt ?? null;
  const kept = { stormAt, fallen: before?.fallen ?? null, worked: before?.worked ?? [] };
  const record = { token, at, state, stateSince, seenCounts: [...seenCounts], ...kept, instances, rotation };
  return before && sameRecord(before, record, seenCounts) ? before : record;
};

/** Nearly always nothing has changed: then no record is built only to be compared. */
const isAsBefore = (
  weighed: readonly Weighed[],
  { ledger }: ServiceWorld,
  before: ServiceRecord,
  { at, state, seenCounts, applied }: Omit<RecordParts, 'token'>,
): boolean => {
  if (before.state !== state || before.seenCounts !== seenCounts || (ledger?.open.length ?? 0) > 0) return false;
  let marks = 0;
  for (const { stance, after } of weighed) {
    const { id } = stance.seat;
    const mark = before.rotation[id];
    if (before.instances[id] !== after || markOf(stance.seat, after, mark, applied, at) !== mark) return false;
    if (mark) marks += 1;
  }
  return countOf(before.instances) === weighed.length && countOf(before.rotation) === marks;
};

const countOf = (record: Readonly<Record<string, unknown>>): number => {
  let count = 0;
  for (const _ in record) count += 1;
  return count;
};

/** A process that is stopped half-way through its action leaves the catalog, and will be back. */
const keepAbsent = (
  service: ServiceWorld,
  before: ServiceRecord | null,
  instances: Record<string, InstanceMemory>,
  rotation: Record<string, RotationMark>,
): void => {
  for (const { instance } of service.ledger?.open ?? []) {
    const memory = before?.instances[instance];
    if (!memory || instances[instance]) continue;
    instances[instance] = memory;
    const mark = before.rotation[instance];
    if (mark) rotation[instance] = mark;
  }
};

const sameRecord = (a: ServiceRecord, b: ServiceRecord, seenCounts: ServiceRecord['seenCounts']): boolean =>
  a.state === b.state &&
  a.seenCounts === seenCounts &&
  sameEntries(a.instances, b.instances) &&
  sameEntries(a.rotation, b.rotation);

const sameEntries = <T>(a: Readonly<Record<string, T>>, b: Readonly<Record<string, T>>): boolean => {
  const keys = Object.keys(b);
  return keys.length === Object.keys(a).length && keys.every((key) => a[key] === b[key]);
};

/** What a plan says of a service before anything is decided. */
export const nameplate = (policy: ServicePolicy): Pick<ServicePlan, 'service' | 'upstream' | 'mode'> => ({
  service: policy.service,
  upstream: policy.traffic?.upstream ?? null,
  mode: { traffic: policy.traffic?.mode ?? 'none', heal: policy.heal.mode },
});

const planOf = (
  service: ServiceWorld,
  record: ServiceRecord,
  weighed: readonly Weighed[],
  traffic: Omit<TrafficPolicy, 'upstream'>,
  reasons: Reason[],
): ServicePlan => {
  const { policy } = service;
  const weights = normalise(keepSomebody(weighed, traffic), traffic);
  return {
    ...nameplate(policy),
    state: record.state,
    reasons,
    servers: weighed.map((one, index) => serverOf(one, weights[index] ?? 0)),
    proposals: [],
  };
};

const serverOf = ({ stance: { seat }, after, reasons }: Weighed, weight: number): PlannedServer => ({
  instance: seat.id,
  address: seat.entry.address,
  port: seat.entry.port,
  weight,
  lifecycle: after.lifecycle,
  zone: seat.zone,
  reasons: [...reasons],
});

const serviceReasons = (
  { policy, catalog, scores }: ServiceWorld,
  { blind, panic: panicking }: ReturnType<typeof survey>,
  { controls, fleet }: PlanGround,
  now: number,
): Reason[] => {
  const reasons: Reason[] = [];
  if (blind !== null) reasons.push({ code: 'BLIND', text: blind });
  if (panicking !== null) reasons.push({ code: 'PANIC', text: panicking });
  if (!scores.received)
    reasons.push({ code: 'FAIL_STATIC', text: `the engine does not answer (${seconds(scores.ageMs)})` });
  if (catalog.kind === 'held' && catalog.shrink) {
    const { from, to, seen, needed } = catalog.shrink;
    reasons.push({ code: 'SHRINK', text: `from ${from} to ${to} instances, seen ${seen} of ${needed} times` });
  } else if (catalog.kind === 'held') reasons.push({ code: 'FAIL_STATIC', text: catalog.why });
  const maintained = maintenanceOf({ policy, fleet, controls, instance: null, now });
  if (maintained) reasons.push({ code: 'MAINTENANCE', text: maintained.text });
  return reasons;
};
