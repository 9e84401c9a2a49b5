/**
 * The safety rules, held against every simulated moment. They look at the world itself, at what stands in Consul and at
 * what was done, never at what the scheduler thinks: a rule that shares a mistake with what it watches is none.
 */
import { isDeepStrictEqual } from 'node:util';
import type { InstanceId, ServicePolicy } from '../../../config/index.js';
import type { Action, Order, PlannedServer } from '../../../scheduler/client/index.js';
import type { DesiredUpstream } from '../../../scheduler/gateway/types.js';
import type { CatalogEntry, Decision, Memory, World } from '../../../scheduler/model.js';
import type { SimService } from '../service.js';
import { budgetRules, capacityRules } from './capacity.js';
import { causeRules } from './cause.js';
import { consentRules } from './consent.js';
import { commandRules, doubtRules, leadershipRules, sightRules } from './leadership.js';
import { type Breach, powersOf, type StepRules, type StepView, type Truth, type Violation } from './model.js';
import { Seen } from './seen.js';
import { promiseRules } from './promises.js';
import { targetRules } from './target.js';
import { verifiedRules } from './verified.js';
import { Supersession } from './supersession.js';
import { adoptedRules, floorOf, legalRules, monotoneRules } from './traffic.js';

export type { Violation } from './model.js';

/** Of a step: each group of rules. */
const stepRules: readonly StepRules[] = [
  leadershipRules,
  sightRules,
  doubtRules,
  consentRules,
  capacityRules,
  budgetRules,
  causeRules,
  targetRules,
];

interface Force {
  readonly isPanic: boolean;
  readonly isOld: boolean;
  /** In a probation, as Consul has it. */
  readonly onTrial: (instance: string) => boolean;
}

/** What began anew by itself is a newcomer, whatever its old process was: it waits until Consul passes it. */
const joins = ({ id, consul }: CatalogEntry, { processes }: SimService, now: number): boolean =>
  consul !== 'passing' && now - (processes.get(id)?.startedAt ?? -Infinity) < newForMs;

const newForMs = 30_000;

export class Rules {
  readonly violations: Violation[] = [];
  private readonly seen = new Seen();
  private readonly tokens = new Map<string, number>();
  private readonly truth: Truth;
  private readonly gateway = new Supersession();
  private now = 0;

  constructor(truth: Omit<Truth, 'served'>) {
    this.truth = { ...truth, served: ({ policy }) => this.gateway.properOf(policy.service) };
  }

  /** This one, whatever else broke. */
  isBroken(rule: string): boolean {
    return this.violations.some((one) => one.rule === rule);
  }

  /** At each moment, before anything is decided. `isLed`: somebody leads whom the gateway heeds. */
  tick(now: number, isLed: boolean): void {
    this.now = now;
    this.seen.count(this.truth.services, now);
    this.sayAll(this.gateway.tick(now, isLed));
  }

  evaluated(now: number): void {
    this.seen.evaluated(this.truth.services, now);
  }

  /** A person ordered a step. */
  ordered(order: Order): void {
    this.seen.orders.set(order.id, { order, withdrawnAt: null });
    if (this.seen.outFrom(order.instance) === null) this.sayAll(promiseRules(order, this.truth.services));
  }

  withdrawn(id: string, now: number): void {
    const known = this.seen.orders.get(id);
    if (known) known.withdrawnAt ??= now;
  }

  /** A phase stands in the ledger. */
  wrote(action: Action): void {
    const highest = this.tokens.get(action.service) ?? 0;
    if (action.token < highest) this.say(['tokens only rise', `${action.id}: ${action.token} after ${highest}`]);
    this.tokens.set(action.service, Math.max(highest, action.token));
    this.seen.phases.set(action.id, action);
    if (action.phase === 'closed' && action.outcome === null) this.say(['each intent has its outcome', action.id]);
  }

  /** The gateway has taken a plan into force. `isOld`: of one who led before whoever leads now. */
  adopted(after: DesiredUpstream, service: SimService, { isPanic, isOld, onTrial }: Force): void {
    const { policy, discovered } = service;
    const before = this.gateway.properOf(policy.service);
    this.gateway.adopted(policy.service, after, isOld, this.now);
    if (isOld) return this.sayAll(legalRules(after, policy.traffic));
    this.seen.served(after, floorOf(policy.traffic), onTrial, this.now);
    const entries = discovered.kind === 'waiting' ? [] : discovered.entries;
    const listed = new Set(entries.filter((entry) => !joins(entry, service, this.now)).map(({ id }) => id as string));
    const minimum = this.seen.minimumOf(policy);
    this.sayAll(adoptedRules({ before, after, traffic: policy.traffic, minimum, listed, isPanic }));
  }

  planned({ plan, memory, commands }: Decision, world: World, before: Memory): void {
    for (const { service, servers } of plan.services) {
      const known = memory.services.get(service as ServicePolicy['service'])?.instances ?? {};
      const weightOf = ({ instance }: PlannedServer): number => known[instance]?.weight ?? 0;
      const was = before.services.get(service as ServicePolicy['service'])?.instances ?? {};
      const rises = (server: PlannedServer): boolean => weightOf(server) > (was[server.instance]?.weight ?? 0);
      const scores = () => world.services.find(({ policy }) => policy.service === service)?.scores.instances;
      this.sayAll(monotoneRules(servers, weightOf, rises, scores));
    }
    for (const command of commands) {
      if (command.do !== 'ledger' && command.do !== 'step') continue;
      const state = world.services.find(({ policy }) => policy.service === command.action.service);
      this.sayAll(commandRules(command, world, state));
      this.sayAll(verifiedRules(command.action, this.truth));
    }
  }

  /** The same world, memory and moment once more. */
  again(first: Decision, second: Decision): void {
    if (!isDeepStrictEqual(first, second)) this.say(['the same input gives the same bytes', 'two decisions differ']);
  }

  /** The runtime is about to be told: the moment that nothing takes back. */
  stepping(action: Action, decision: Decision, world: World): void {
    const view = this.viewOf(action, decision, world);
    if (view === null) return this.say(['a step has a service', action.id]);
    const highest = this.tokens.get(action.service) ?? 0;
    if (action.token < highest)
      this.say(['tokens only rise', `${action.id}: done under ${action.token}, after ${highest}`]);
    const powers = powersOf(action);
    for (const rules of stepRules)
      for (const [rule, text, ...passed] of rules(view))
        if (!passed.some((power) => powers.includes(power))) this.say([rule, `${action.id}: ${text}`]);
    this.seen.done.push({ at: this.now, action });
  }

  /** At the end: nothing is left open. */
  end(): void {
    for (const action of this.seen.phases.values())
      if (action.phase !== 'closed') this.say(['each intent has its outcome', `${action.id} is ${action.phase}`]);
  }

  private viewOf(action: Action, { plan }: Decision, world: World): StepView | null {
    const { truth, seen, now } = this;
    const nth = truth.services.findIndex(({ policy }) => policy.service === action.service);
    const service = truth.services[nth];
    const state = world.services[nth];
    if (!service || !state) return null;
    const process = service.processes.get(action.instance as InstanceId) ?? null;
    const isDown = process !== null && !process.alive;
    const own = plan.services.find((one) => one.service === action.service) ?? null;
    return { action, world, state, plan: own, service, policy: service.policy, process, isDown, nth, truth, seen, now };
  }

  private sayAll(breaches: Iterable<Breach>): void {
    for (const breach of breaches) this.say(breach);
  }

  private say([rule, text]: Breach): void {
    this.violations.push({ at: this.now, rule, text });
  }
}
