/**
 * The safety rules, held against every simulated moment. They look at the world itself, at what stands in Consul and at
 * what was done, never at what the scheduler thinks: a rule that shares a mistake with what it watches is none.
 */
import { isDeepStrictEqual } from 'node:util';
import type { InstanceId, ServicePolicy } from '../../config/index.js';
import { atLeast } from '../../scheduler/facts.js';
import type { Action, PlannedServer } from '../../scheduler/client/index.js';
import type { DesiredUpstream } from '../../scheduler/gateway/types.js';
import type { Decision, FleetPolicy, ServiceWorld, World } from '../../scheduler/model.js';
import type { Fault, Outage } from './story.js';
import type { Process } from './process.js';
import type { SimService } from './service.js';

export interface Violation {
  readonly at: number;
  readonly rule: string;
  readonly text: string;
}

/** What the rules may know of the truth. */
export interface Truth {
  readonly services: readonly SimService[];
  readonly fleet: FleetPolicy;
  faultsOf(service: number, process: Process): readonly (Fault | Outage)[];
  /** Steps that the runtime works on now. */
  working(id: InstanceId): number;
}

const hourMs = 3_600_000;
const confirmedMs = 5_000;

/** The largest count of so long is how many there should be. */
const countedMs = 600_000;

interface Seen {
  /** When it was last so. */
  at: number;
  readonly count: number;
}

export class Rules {
  readonly violations: Violation[] = [];
  private readonly phases = new Map<string, Action>();
  private readonly done: { readonly at: number; readonly action: Action }[] = [];
  private readonly counts = new Map<string, Seen[]>();
  private readonly tokens = new Map<string, number>();
  /** Since when an instance gets no more than the floor, after it was taken out. */
  private readonly outSince = new Map<string, number>();
  /** When each service had its last outbreak of red; and when many had theirs together. */
  private readonly outbreaks = new Map<string, number>();
  private stormAt = -Infinity;
  private readonly zones = new Map<string, string>();
  /** As they were decided last. */
  private readonly weights = new Map<string, number>();
  private now = 0;

  constructor(private readonly truth: Truth) {}

  /** At each moment, before anything is decided. */
  tick(now: number): void {
    this.now = now;
    for (const { policy, discovered } of this.truth.services) {
      const count = discovered.kind === 'waiting' ? 0 : discovered.entries.length;
      const seen = this.counts.get(policy.service) ?? [];
      while (seen[0] && now - seen[0].at >= countedMs) seen.shift();
      const last = seen.at(-1);
      if (last?.count === count) last.at = now;
      else seen.push({ at: now, count });
      if (!last) this.counts.set(policy.service, seen);
    }
  }

  /** After each evaluation: where red breaks out. */
  evaluated(): void {
    for (const { policy, scores } of this.truth.services)
      for (const { instance, zone } of scores.values()) {
        const before = this.zones.get(instance);
        if (before === zone) continue;
        if (zone === 'red') this.outbreaks.set(policy.service, this.now);
        this.zones.set(instance, zone);
      }
    let together = 0;
    for (const at of this.outbreaks.values()) if (this.now - at < 60_000) together += 1;
    if (together >= 3 && together > 0.3 * this.truth.services.length) this.stormAt = this.now;
  }

  /** A phase stands in the ledger. */
  wrote(action: Action): void {
    const highest = this.tokens.get(action.service) ?? 0;
    if (action.token < highest) this.say('tokens only rise', `${action.id}: ${action.token} after ${highest}`);
    this.tokens.set(action.service, Math.max(highest, action.token));
    this.phases.set(action.id, action);
    if (action.phase === 'closed' && action.outcome === null) this.say('each intent has its outcome', action.id);
  }

  /** Who was served, who is. What left the catalog left by itself. */
  adopted(before: DesiredUpstream | null, after: DesiredUpstream, service: SimService, isPanic: boolean): void {
    const minimum = this.minimumOf(service.policy);
    const inRotation = after.servers.filter(({ weight }) => weight > 0);
    if (after.servers.length > 0 && inRotation.length === 0) this.say('an upstream is never empty', after.name);
    this.floor(after, service.policy);
    const was = new Map(before?.servers.map(({ instance, weight }) => [instance, weight]));
    this.noteOut(after, service.policy);
    const taken = after.servers.filter(({ instance, weight }) => weight === 0 && (was.get(instance) ?? 0) > 0);
    if (isPanic || taken.length === 0 || inRotation.length >= minimum) return;
    const names = taken.map(({ instance }) => instance).join(', ');
    this.say('the minimum stays in rotation', `${inRotation.length} of ${minimum} after ${names} left`);
  }

  /**
   * Weights, before they are normalised, follow scores outside a panic, among those that have no ramp, probation or wait of
   * their own; as far as steps of 10 % that move by one and a half allow.
   */
  planned({ plan, memory }: Decision, world: World): void {
    for (const { service, servers } of plan.services) {
      const known = memory.services.get(service as ServicePolicy['service'])?.instances ?? {};
      const weightOf = ({ instance }: PlannedServer): number => known[instance]?.weight ?? 0;
      if (areSpread(servers, weightOf)) {
        const scores = world.services.find(({ policy }) => policy.service === service)?.scores.instances;
        this.monotone(servers, weightOf, scores);
      }
      for (const server of servers) {
        const weight = weightOf(server);
        if (this.weights.get(server.instance) !== weight) this.weights.set(server.instance, weight);
      }
    }
  }

  private monotone(
    servers: readonly PlannedServer[],
    weightOf: (server: PlannedServer) => number,
    scores: ServiceWorld['scores']['instances'] | undefined,
  ): void {
    // A zone that is just being counted down keeps its weight for the two evaluations that this takes.
    const usual = servers.filter((server) => isPlain(server) && isSettled(scores, server));
    // On its way up, by a little at once.
    const rises = (server: PlannedServer): boolean => weightOf(server) > (this.weights.get(server.instance) ?? 0);
    for (const one of usual)
      for (const other of usual) {
        const [a, b] = [smoothed(scores, one), smoothed(scores, other)];
        if (a === null || b === null || a <= b || weightOf(one) >= weightOf(other) - tolerated || rises(one)) continue;
        const text = `${one.instance} ${a} has ${weightOf(one)}, ${other.instance} ${b} has ${weightOf(other)}`;
        this.say('weights are monotone in the score', text);
      }
  }

  /** The same world, memory and moment once more. */
  again(first: Decision, second: Decision): void {
    if (!isDeepStrictEqual(first, second)) this.say('the same input gives the same bytes', 'two decisions differ');
  }

  /** The runtime is about to be told: the moment that nothing takes back. */
  stepping(action: Action, decision: Decision, world: World): void {
    const nth = this.truth.services.findIndex(({ policy }) => policy.service === action.service);
    const service = this.truth.services[nth];
    const state = world.services[nth];
    if (!service || !state) return this.say('a step has a service', action.id);
    const process = service.processes.get(action.instance as InstanceId);
    const said = this.stepRules(action, decision, world, service, state, process ?? null, nth);
    for (const [rule, text] of said) this.say(rule, `${action.id}: ${text}`);
    this.done.push({ at: this.now, action });
  }

  /** At the end: nothing is left open. */
  end(): void {
    for (const action of this.phases.values())
      if (action.phase !== 'closed') this.say('each intent has its outcome', `${action.id} is ${action.phase}`);
  }

  private *stepRules(
    action: Action,
    decision: Decision,
    world: World,
    service: SimService,
    state: ServiceWorld,
    process: Process | null,
    nth: number,
  ): Generator<readonly [rule: string, text: string]> {
    const { policy } = service;
    const score = service.scores.get(action.instance as InstanceId);
    const isDown = process !== null && !process.alive;
    if (!world.lead.held || (world.lead.confirmedAgoMs ?? Infinity) > confirmedMs)
      yield ['no healing without the lock', world.lead.why];
    if (this.phases.get(action.id)?.phase !== 'stepping')
      yield ['the intent comes first', 'the ledger does not hold this step'];
    yield* this.consentRules(action, world, policy);
    if (world.controls?.pauses.some(({ scope }) => scope === 'all' || scope === `service/${policy.service}`))
      yield ['no healing against a pause', 'paused'];
    if (world.controls?.maintenance.some(({ scope }) => scope === 'all' || scope === `service/${policy.service}`))
      yield ['no healing in maintenance', 'maintenance'];
    if (policy.protected.includes(action.instance as InstanceId)) yield ['the protected are left alone', 'protected'];
    if (!score) yield ['no healing on missing data', 'no score'];
    else if (
      state.scores.engineNow + state.scores.ageMs - score.at >
      policy.scoring.staleIntervals * policy.scrape.intervalMs
    )
      yield ['no healing on stale data', `scored ${state.scores.engineNow + state.scores.ageMs - score.at} ms ago`];
    if (state.catalog.kind !== 'live') yield ['no healing while discovery is held', state.catalog.kind];
    if (this.truth.working(action.instance as InstanceId) > 0)
      yield ['never two actions on one target', 'the runtime works on it'];
    if (process && process.alive && this.now - process.startedAt < policy.guardrails.warmUpMs)
      yield ['the young are left alone', `started ${this.now - process.startedAt} ms ago`];
    const outFor = this.now - (this.outSince.get(action.instance) ?? this.now);
    const dwell = isDown ? policy.heal.afterDownMs : policy.heal.afterMs;
    if (outFor < dwell) yield ['no healing before its dwell', `out for ${outFor} ms`];
    if (action.approval === null && this.now - this.stormAt < policy.guardrails.cooldownMs)
      yield ['no healing in a storm', `${this.now - this.stormAt} ms after it`];
    yield* this.capacityRules(action, service, state, decision);
    yield* this.budgetRules(action, policy);
    yield* this.causeRules(service, process, nth, isDown);
  }

  /** By the file, by what people lowered it to, and by what they said of this very episode. */
  private *consentRules(
    action: Action,
    { controls }: World,
    policy: ServicePolicy,
  ): Generator<readonly [string, string]> {
    const scopes = ['all', `service/${policy.service}`];
    const levels = (controls?.modes ?? []).filter(({ scope }) => scopes.includes(scope)).map(({ heal }) => heal);
    const all = [policy.heal.mode, ...levels];
    if (all.includes('observe')) yield ['no healing in observe', all.join()];
    const word = controls?.approvals.find(({ instance }) => instance === action.instance);
    const isMeant = word?.proposal.startsWith(`${action.service}/${action.instance}/`) === true && word.at <= this.now;
    if (isMeant && word.says === 'veto' && this.vetoed(action, word))
      yield ['no healing against a veto', word.proposal];
    if (all.includes('suggest') && action.approval === null)
      yield ['no healing in suggest without a person', all.join()];
    if (action.approval && (action.approval.step !== action.step || action.approval.at > this.now))
      yield ['an approval is of this step', action.approval.proposal];
    const used = this.done.some(
      ({ action: other }) =>
        other.id !== action.id &&
        other.approval?.at === action.approval?.at &&
        other.approval?.proposal === action.approval?.proposal,
    );
    if (action.approval && used) yield ['an approval is used once', action.approval.proposal];
  }

  /** Said of the trouble that this action is about: that began before the word, and was not over since. */
  private vetoed({ instance }: Action, { at }: { readonly at: number }): boolean {
    return (this.outSince.get(instance) ?? Infinity) <= at;
  }

  private *capacityRules(
    action: Action,
    service: SimService,
    state: ServiceWorld,
    decision: Decision,
  ): Generator<readonly [string, string]> {
    const { policy, scores } = service;
    const plan = decision.plan.services.find((one) => one.service === policy.service);
    if (plan?.reasons.some(({ code }) => code === 'PANIC')) yield ['no healing in a panic', 'panic'];
    const unknown = [...scores.values()].filter(({ zone }) => zone === 'unknown').length;
    if (unknown * 2 > service.processes.size) yield ['no healing while blind', `${unknown} unknown`];
    const desired = this.desiredOf(policy);
    const open = new Set(state.ledger?.open.map(({ instance }) => instance));
    const others = plan?.servers.filter(
      ({ instance, weight, zone }) =>
        instance !== action.instance && weight > 0 && (zone === 'green' || zone === 'yellow') && !open.has(instance),
    ).length;
    const minimum = this.minimumOf(policy);
    if (desired > 1 && (others ?? 0) < minimum)
      yield ['the minimum stays available', `${others} others, ${minimum} needed`];
    if (desired === 1 && policy.heal.single !== 'restart')
      yield ['a single instance is left alone', `heal.single ${policy.heal.single}`];
  }

  private *budgetRules(
    { service, instance, node, id, approval }: Action,
    policy: ServicePolicy,
  ): Generator<readonly [string, string]> {
    const lately = this.done.filter(({ at }) => this.now - at < hourMs);
    const limits = [
      ['service', lately.filter((one) => one.action.service === service).length, policy.guardrails.maxActions],
      ['node', lately.filter((one) => one.action.node === node).length, policy.guardrails.maxActionsPerNode],
      ['all', lately.length, this.truth.fleet.maxActions],
    ] as const;
    for (const [of, used, limit] of limits)
      if (approval === null && used >= limit)
        yield ['healings per hour stay in their budget', `${used} of ${limit} (${of})`];
    const open = [...this.phases.values()].filter((one) => one.phase !== 'closed' && one.id !== id);
    if (open.length >= this.truth.fleet.maxConcurrent)
      yield ['healings at once stay in their limit', `${open.map((one) => one.id).join()} under way`];
    const last = lately.filter((one) => one.action.instance === instance).at(-1);
    const closed = last ? this.phases.get(last.action.id) : undefined;
    if (last && this.now - last.at < policy.guardrails.backoff.firstMs)
      yield ['steps on one target keep their distance', `${this.now - last.at} ms`];
    if (closed?.outcome === 'verified' && this.now - closed.phaseAt < policy.guardrails.cooldownMs)
      yield ['a healed one is left alone', `verified ${this.now - closed.phaseAt} ms ago`];
  }

  private *causeRules(
    service: SimService,
    process: Process | null,
    nth: number,
    isDown: boolean,
  ): Generator<readonly [string, string]> {
    if (process === null || isDown) return;
    const faults = this.truth.faultsOf(nth, process);
    const own = new Set(faults);
    if (faults.length === 0) return;
    const blamed = faults.every((fault) => fault.kind === 'metric' && isDependency(service.policy, fault.metric));
    if (blamed) yield ['a restart is no cure for a dependency', faults.map(({ kind }) => kind).join()];
    const peers = [...service.processes.values()].filter((one) => one !== process);
    const alike = peers.filter((peer) => this.truth.faultsOf(nth, peer).some((fault) => own.has(fault))).length;
    if (
      peers.length > 0 &&
      alike * 2 > peers.length &&
      faults.every((fault) => 'on' in fault && fault.on.instances === 'all')
    )
      yield ['a restart is no cure for a shared cause', `${alike} of ${peers.length} peers suffer from it too`];
  }

  private noteOut({ servers }: DesiredUpstream, { traffic }: ServicePolicy): void {
    const floor = (traffic?.floor ?? 0) * (traffic?.maxWeight ?? 100);
    for (const { instance, weight } of servers) {
      if (weight > floor) this.outSince.delete(instance);
      else if (weight === 0 && !this.outSince.has(instance)) this.outSince.set(instance, this.now);
    }
  }

  private floor(after: DesiredUpstream, { traffic }: ServicePolicy): void {
    const floor = (traffic?.floor ?? 0) * (traffic?.maxWeight ?? 100);
    for (const { instance, weight } of after.servers)
      if (weight !== 0 && (weight < floor || weight > (traffic?.maxWeight ?? 100) || !Number.isInteger(weight)))
        this.say('weights are at least the floor', `${instance} has ${weight}`);
  }

  private desiredOf({ service, guardrails }: ServicePolicy): number {
    return guardrails.desired ?? Math.max(0, ...(this.counts.get(service) ?? []).map(({ count }) => count));
  }

  private minimumOf(policy: ServicePolicy): number {
    return Math.max(1, atLeast(policy.guardrails.minAvailable, this.desiredOf(policy)));
  }

  private say(rule: string, text: string): void {
    this.violations.push({ at: this.now, rule, text });
  }
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

const isDependency = ({ metrics }: ServicePolicy, name: string): boolean =>
  metrics.find((metric) => metric.name === name)?.blame === 'dependency';

const plain: ReadonlySet<string> = new Set(['FULL', 'LOWERED']);

const isPlain = ({ reasons, weight }: PlannedServer): boolean =>
  weight > 0 && reasons.length === 1 && plain.has(reasons[0]?.code ?? '');

const isSettled = (scores: ServiceWorld['scores']['instances'] | undefined, { instance }: PlannedServer): boolean => {
  const score = scores?.get(instance as InstanceId);
  return score?.streak.zone === score?.zone;
};

const smoothed = (
  scores: ServiceWorld['scores']['instances'] | undefined,
  { instance }: PlannedServer,
): number | null => scores?.get(instance as InstanceId)?.smoothed ?? null;
