import type { InstanceId, ServicePolicy, TrafficPolicy } from '../../config/index.js';
import { traffic as trafficDefaults } from '../../config/defaults.js';
import type {
  GatewayView,
  InstanceMemory,
  PlannedServer,
  Reason,
  ServicePlan,
  ServiceRecord,
} from '../client/index.js';
import { seconds, servedWeight } from '../facts.js';
import { own } from '../../lib/own.js';
import { maintenanceOf } from '../said.js';
import type { CatalogEntry, Census, Event, ServiceWorld } from '../model.js';
import { desiredCount, noteCount, survey } from './census.js';
import { stateEvent, trafficEvent } from './events.js';
import { freeze, panic } from './frozen.js';
import { recordOf } from './record.js';
import { remember } from './remember.js';
import { rotate, type Stance } from './rotation.js';
import { planCalm } from './calm.js';
import { type Seat, seatsOf } from './seats.js';
import { stateOf } from './state.js';
import { type PlanGround, quiet } from './ground.js';
import { planFor } from './plan-for.js';
import { keepSomebody, nextWeight, normalise, pullOf } from './weights.js';

export interface Planned {
  readonly plan: ServicePlan;
  /** The same object as given when nothing material changed. */
  readonly record: ServiceRecord;
  readonly census: Census;
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
  const calm = before && planCalm(service, entries, before, ground, now);
  return calm ?? planAtLength(service, entries, before, token, now, ground);
};

/** Of a service that is not calm. */
export const planAtLength = (
  service: ServiceWorld,
  entries: readonly CatalogEntry[],
  before: ServiceRecord | null,
  token: number,
  now: number,
  ground: PlanGround,
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
    census: {
      desired: census.desired,
      minimum: census.minimum,
      blind: census.blind,
      panic: census.panic,
      available: availableOf(weighed),
    },
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

const planOf = (
  service: ServiceWorld,
  record: ServiceRecord,
  weighed: readonly Weighed[],
  traffic: Omit<TrafficPolicy, 'upstream'>,
  reasons: Reason[],
): ServicePlan => {
  const { policy } = service;
  const weights = normalise(keepSomebody(weighed, traffic), traffic);
  const servers = weighed.map((one, index) => serverOf(one, weights[index] ?? 0));
  return planFor(policy, record.state, reasons, servers);
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

/** What the gateway serves stays while Consul lists nobody (apply/desired.ts). */
const nobodyText = ({ traffic, file }: ServicePolicy, gateway: GatewayView | null): string => {
  const kept = traffic?.mode === 'act' && gateway ? (own(gateway.servers, traffic.upstream)?.length ?? 0) : 0;
  if (kept === 0) return 'Consul lists no instance';
  return `Consul lists no instance any more: the gateway keeps its last ${kept}; if it is meant to be gone, take ${file} away`;
};

const serviceReasons = (
  { policy, catalog, scores }: ServiceWorld,
  { blind, panic: panicking }: ReturnType<typeof survey>,
  { controls, fleet, gateway }: PlanGround,
  now: number,
): Reason[] => {
  const reasons: Reason[] = [];
  if (catalog.kind !== 'waiting' && catalog.entries.length === 0)
    reasons.push({ code: 'FAIL_STATIC', text: nobodyText(policy, gateway) });
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
