/**
 * The whole logic of the scheduler: what should be, and what may be done about it. Synchronous, without I/O, clock or
 * randomness: the same world, memory and moment give the same decision, in production, in a replay and in a simulator.
 */
import type { ServicePlan, ServiceRecord } from './client/index.js';
import { levelOf } from './consent.js';
import { judge as judgeAll } from './guard/index.js';
import { heal, type Healed, redAt, stormAt, stormOf, tallyOf } from './heal/index.js';
import type { Decision, Event, FleetPolicy, Judge, Memory, ServiceWorld, Storm, Tally, World } from './model.js';
import { planFor, planService } from './plan/index.js';

/**
 * One decision over all services. Only the leader's counts: without the lock there is a plan to show, but no command, no
 * event, and the memory stays what Consul holds. `judge`: another set of guardrails, for a simulator that shows what each
 * of them is good for.
 */
export const decide = (
  world: World,
  memory: Memory,
  fleet: FleetPolicy,
  now: number,
  judge: Judge = judgeAll,
): Decision => {
  const turns: ServiceTurn[] = [];
  let tally = tallyOf(world.services, now);
  const storm = stormOf(world.services, memory, now);
  for (const service of world.services) {
    const turn = decideService(service, memory.services.get(service.policy.service) ?? null, {
      world,
      fleet,
      now,
      tally,
      storm,
      judge,
    });
    tally = turn.tally;
    turns.push(turn);
  }
  const plan = { at: now, services: turns.map((turn) => turn.plan) };
  if (!world.lead.held) return { plan, memory, changed: [], commands: [], events: [] };
  const changed = turns.flatMap((turn) =>
    turn.record !== turn.before && turn.record ? [turn.service.policy.service] : [],
  );
  return {
    plan,
    memory: { services: remembered(memory, turns) },
    changed,
    commands: turns.flatMap((turn) => turn.commands),
    events: turns.flatMap((turn) => turn.events),
  };
};

interface Given {
  readonly world: World;
  readonly fleet: FleetPolicy;
  readonly now: number;
  /** Healings in flight and of the last hour, with those that began earlier in this very decision. */
  readonly tally: Tally;
  readonly storm: Storm | null;
  readonly judge: Judge;
}

interface ServiceTurn extends Pick<Healed, 'commands' | 'tally'> {
  readonly service: ServiceWorld;
  readonly plan: ServicePlan;
  readonly before: ServiceRecord | null;
  readonly record: ServiceRecord | null;
  readonly events: readonly Event[];
}

/** Traffic first, then healing on what traffic left. */
const decideService = (service: ServiceWorld, before: ServiceRecord | null, given: Given): ServiceTurn => {
  if (service.catalog.kind === 'waiting') return undiscovered(service, service.catalog.why, before, given);
  const { entries } = service.catalog;
  const planned = planService(service, entries, before, given.world.lead.token ?? 0, given.now, {
    controls: given.world.controls,
    fleet: given.fleet,
    gateway: given.world.gateway,
  });
  const { world, fleet, now, tally, storm, judge } = given;
  const { plan, record, census } = planned;
  const healed = heal({ world, service, fleet, census, tally, storm, now, entries, record, judge });
  return {
    service,
    before,
    plan: withHealing(plan, modeOf(plan, service, healed.record, given), healed.proposals),
    record: withStorm(healed.record, service, given),
    commands: healed.commands,
    events: [...planned.events, ...healed.events],
    tally: healed.tally,
  };
};

/** By hand instead of by spreading: this is made for every service at every decision. */
const withHealing = (
  { service, upstream, state, reasons, servers }: ServicePlan,
  mode: ServicePlan['mode'],
  proposals: Healed['proposals'],
): ServicePlan => ({ service, upstream, mode, state, reasons, servers, proposals: [...proposals] });

/** The level that is in force, not only what the file allows. */
const modeOf = (
  { mode }: ServicePlan,
  { policy }: ServiceWorld,
  record: ServiceRecord,
  { world: { controls }, now }: Given,
): ServicePlan['mode'] => ({
  traffic: mode.traffic,
  heal: levelOf({ policy, record, controls, instance: null, now }).mode,
});

const withStorm = (record: ServiceRecord, service: ServiceWorld, { storm, now }: Given): ServiceRecord => {
  const signs = { stormAt: stormAt(storm, record.stormAt), redAt: redAt(service, record.redAt, now) };
  return signs.stormAt === record.stormAt && signs.redAt === record.redAt ? record : { ...record, ...signs };
};

/** Nothing received is not an empty list: nothing is planned, nothing forgotten. */
const undiscovered = (
  service: ServiceWorld,
  why: string,
  before: ServiceRecord | null,
  { tally }: Given,
): ServiceTurn => ({
  service,
  before,
  plan: planFor(
    service.policy,
    before?.state ?? 'degraded',
    [{ code: 'FAIL_STATIC', text: `not discovered yet: ${why}` }],
    [],
  ),
  record: before,
  commands: [],
  events: [],
  tally,
});

/** Services that are not configured any more are forgotten. */
const remembered = (memory: Memory, turns: readonly ServiceTurn[]): Memory['services'] =>
  turns.every((turn) => turn.record === turn.before) && turns.length === memory.services.size
    ? memory.services
    : new Map(turns.flatMap(({ service, record }) => (record ? [[service.policy.service, record] as const] : [])));
