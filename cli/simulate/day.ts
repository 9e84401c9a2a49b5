/** A simulated stretch of time: a fleet under load, what befalls it, and a real scheduler that makes the best of it. */
import type { InstanceId, ServicePolicy } from '../../config/index.js';
import { own } from '../../lib/own.js';
import { type Action, noControls } from '../../scheduler/client/index.js';
import { decide } from '../../scheduler/decide.js';
import type { DesiredUpstream } from '../../scheduler/gateway/types.js';
import type { Event, FleetPolicy, Judge } from '../../scheduler/model.js';
import { Acts } from './acts.js';
import { Chance } from './chance.js';
import { SimConsul } from './consul.js';
import { SimGateway } from './gateway.js';
import { People } from './people.js';
import type { Process } from './process.js';
import { Rules, type Violation } from './rules/index.js';
import { SimRuntime } from './runtime.js';
import type { Ground } from './scheduler.js';
import { SimService } from './service.js';
import type { Story } from './story.js';
import { type ServiceToll, Toll } from './toll.js';
import { serve } from './traffic.js';
import { Troubles } from './troubles.js';
import type { OnCall } from './users/on-call.js';
import { unwell } from './unwell.js';
import { Weather } from './weather.js';

export interface DayOptions {
  readonly policies: readonly {
    readonly policy: ServicePolicy;
    readonly instances: number;
    readonly perSecond: number;
    /** Of its first instance; services that have the same are about the same addresses. */
    readonly firstPort?: number;
  }[];
  readonly story: Story;
  /** Limits over all services. */
  readonly fleet?: FleetPolicy;
  /** Nobody is in control: what becomes of the fleet without Ballast. */
  readonly alone?: boolean;
  /** Another set of guardrails than the real one. */
  readonly judge?: Judge;
  /** Ends at the first rule that breaks, or at the first break of this one. */
  readonly untilBroken?: boolean | string;
  /** Called with a line for each thing that happens. */
  readonly tell?: (line: string) => void;
  /** Called with everything that a decision says. */
  readonly hear?: (event: Event) => void;
  /** Whoever tells people, after each turn of a scheduler. */
  readonly attend?: Pick<OnCall, 'leads' | 'follows'>;
}

const usualFleet: FleetPolicy = { maxActions: 10, maxConcurrent: 1 };

export interface DayResult {
  readonly seed: number;
  readonly steps: number;
  readonly evaluations: number;
  readonly violations: readonly Violation[];
  /** Instances that were not well again in time, once everything was over. */
  readonly unhealed: readonly string[];
  readonly wrongDrains: number;
  readonly wrongHeals: number;
  readonly heals: number;
  /** Steps that people ordered. */
  readonly orders: number;
  readonly drains: number;
  readonly requests: number;
  readonly errors: number;
  readonly reloads: number;
  readonly services: readonly ServiceToll[];
}

/** Milliseconds since the epoch at which each story begins: round, so that texts are. */
const start = 1_700_000_000_000;
/** After the last incident all must be well again within this: budgets are by the hour, breakers and cooldowns by minutes. */
const settleMs = 2 * 3_600_000;
/** And stay so for a while. */
const staysWellMs = 5 * 60_000;
/** Whether the same input gives the same bytes is asked at each so manieth step: it costs a second decision. */
const sameBytesEvery = 97;

export class Day {
  private now: number;
  private readonly services: readonly SimService[];
  private readonly weather: Weather;
  private readonly rules: Rules;
  private readonly ground: Ground;
  private readonly stepMs: number;
  private readonly troubles: Troubles;
  private readonly people: People;
  private readonly acts: Acts;
  private readonly luck: Chance;
  private readonly toll: Toll;
  private steps = 0;
  private orders = 0;

  constructor(private readonly options: DayOptions) {
    const { policies, story, judge, fleet = usualFleet } = options;
    this.stepMs = Math.min(...policies.map(({ policy }) => policy.scrape.intervalMs));
    this.now = start - (start % this.stepMs);
    this.services = policies.map(
      ({ policy, instances, perSecond, firstPort }, nth) =>
        new SimService(policy, instances, perSecond, story.seed, firstPort ?? 8_000 + 1_000 * nth, this.now),
    );
    this.weather = new Weather(story.incidents);
    this.luck = new Chance(story.seed, 'traffic');
    this.people = new People(story.seed, this.now + story.endsAt);
    const runtime = new SimRuntime();
    this.toll = new Toll(this.services);
    this.rules = new Rules({
      services: this.services,
      fleet,
      faultsOf: (service, process) => this.weather.faultsOf(service, process, this.services),
      working: (id) => runtime.working(id),
      unsure: () => runtime.unsure,
    });
    this.ground = {
      services: this.services,
      consul: new SimConsul(story.seed),
      gateway: new SimGateway(),
      runtime,
      fleet,
      engineAnswers: true,
      scoredAt: this.now,
      engineReady: true,
      said: noControls,
      judge,
      watch: {
        decided: ({ who, world, memory, decision }) => {
          this.rules.planned(decision, world, memory);
          if (this.steps % sameBytesEvery === 0)
            this.rules.again(decision, decide(world, memory, fleet, this.now, judge));
          const said = this.acts.speak(this.ground.said, world, decision, this.now);
          this.ground.said = this.people.speak(said, decision, this.now);
          for (const event of decision.events) {
            options.hear?.(event);
            this.tell(`${event.instance ?? event.service ?? '-'} ${event.code} ${event.text}`);
          }
          options.attend?.leads(who, { world, decision, now: this.now, lockTrouble: null });
        },
        followed: (turn) => {
          options.attend?.follows(turn);
        },
        wrote: (action) => {
          this.rules.wrote(action);
        },
        stepping: (action, decision, world) => {
          this.rules.stepping(action, decision, world);
          this.noteHealing(action);
        },
      },
    };
    const tell = (line: string): void => {
      this.tell(line);
    };
    this.acts = new Acts({
      ...{ services: this.services, fleet, judge, tell },
      ordered: (order) => {
        this.rules.ordered(order);
      },
      withdrawn: (id, now) => {
        this.rules.withdrawn(id, now);
      },
    });
    this.troubles = new Troubles(this.ground, this.acts, this.now, tell);
  }

  run(): DayResult {
    const { story } = this.options;
    const begin = this.now;
    while (this.now - begin < story.endsAt && !this.isBroken) this.step(this.now - begin);
    const end = this.now;
    let wellSince: number | null = null;
    while (!this.isBroken && this.options.alone !== true && this.now - end < settleMs) {
      wellSince = unwell(this.ground).length > 0 ? null : (wellSince ?? this.now);
      if (wellSince !== null && this.now - wellSince >= staysWellMs) break;
      this.step(this.now - begin);
    }
    if (!this.isBroken) this.rules.end();
    const { toll } = this;
    return {
      seed: story.seed,
      steps: this.steps,
      evaluations: this.services.reduce((sum, { evaluations }) => sum + evaluations, 0),
      violations: this.rules.violations.map((one) => ({ ...one, at: one.at - start })),
      unhealed: this.options.alone === true ? [] : unwell(this.ground),
      wrongDrains: toll.sum('wrongDrains'),
      wrongHeals: toll.sum('wrongHeals'),
      heals: toll.sum('heals'),
      orders: this.orders,
      drains: toll.sum('drains'),
      requests: toll.sum('requests'),
      errors: toll.sum('errors'),
      reloads: this.ground.gateway.reloads,
      services: toll.services,
    };
  }

  private get isBroken(): boolean {
    const { untilBroken = false } = this.options;
    if (untilBroken === false) return false;
    return untilBroken === true ? this.rules.violations.length > 0 : this.rules.isBroken(untilBroken);
  }

  private step(at: number): void {
    this.now += this.stepMs;
    this.steps += 1;
    const { began, ended } = this.weather.turn(at);
    for (const { incident } of ended) this.troubles.end(incident, this.now);
    for (const { incident } of began) this.troubles.begin(incident, this.now);
    this.troubles.goOn(this.now);
    this.weather.apply(this.services, at);
    this.suffer();
    this.serve();
    this.observe();
    this.control();
    this.adopt();
  }

  /** What a condition does to the process itself, and until when it counts as faulty. */
  private suffer(): void {
    for (const process of this.ground.runtime.goOn(this.now)) {
      this.weather.cure(this.indexOf(process), process, this.services);
      this.tell(`${process.id} runs as process ${process.pid}`);
    }
    for (const [nth, service] of this.services.entries())
      for (const process of service.processes.values())
        if (!process.alive || this.weather.isFaulty(nth, process, this.services))
          this.toll.ill(nth, process, this.now, this.stepMs);
  }

  private serve(): void {
    for (const [nth, service] of this.services.entries()) {
      for (const process of service.processes.values()) if (!process.condition.hangs) process.inFlight = 0;
      const upstream = this.upstreamOf(service);
      if (!upstream) continue;
      const luck = this.luck.at(this.now + nth * 7_919);
      const mean = (service.load * this.stepMs) / 1_000;
      const requests = luck.binomial(Math.round(mean * 2), 0.5);
      const { errors } = serve(upstream, service.processes, requests, service.baseErrors, luck);
      this.toll.served(nth, requests, errors);
      this.toll.heldBack(nth, upstream, service, this.now, this.stepMs);
    }
  }

  /** Where nobody steers, all that are registered get the same. */
  private upstreamOf({ policy, processes }: SimService): DesiredUpstream | null {
    const { traffic } = policy;
    if (this.options.alone !== true && traffic?.mode === 'act') return this.ground.gateway.upstream(traffic.upstream);
    return {
      ...{ name: policy.service, service: policy.service, retries: traffic?.retries ?? true },
      ...{ connectTimeoutMs: 1_000, readTimeoutMs: 5_000 },
      servers: [...processes.values()].map(({ id, instance: { address, port } }) => ({
        ...{ instance: id, address, port },
        weight: 1,
      })),
    };
  }

  private observe(): void {
    for (const service of this.services) service.discover(this.ground.consul.silent, this.now);
    if (!this.ground.engineAnswers) return;
    this.ground.scoredAt = this.now;
    this.ground.engineReady = this.troubles.engineIsReady(this.now);
    for (const service of this.services)
      if (this.isDue(service))
        service.evaluate(this.ground.consul.record(service.policy.service)?.rotation ?? {}, this.now);
    this.rules.evaluated(this.now);
  }

  private isDue({ policy }: SimService): boolean {
    const { intervalMs } = policy.scrape;
    return Math.floor(this.now / intervalMs) !== Math.floor((this.now - this.stepMs) / intervalMs);
  }

  private control(): void {
    if (this.options.alone === true) return;
    const isLed = this.troubles.schedulers.some(({ leads, isAwake }) => leads && isAwake);
    this.rules.tick(this.now, isLed && !this.ground.gateway.refuses);
    this.ground.consul.expire(this.now);
    for (const scheduler of this.troubles.schedulers) scheduler.turn(this.now);
  }

  private adopt(): void {
    const { gateway } = this.ground;
    if (!gateway.differs()) return;
    const before = this.services.map(({ policy }) => gateway.upstream(policy.traffic?.upstream ?? ''));
    if (!gateway.adopt(this.now)) return;
    const isOld = gateway.servedUnder < this.ground.consul.token;
    if (isOld) this.tell('an older plan is in force, of who led before');
    const wanted = this.wantedOut();
    for (const [nth, service] of this.services.entries()) {
      const after = gateway.upstream(service.policy.traffic?.upstream ?? '');
      if (!after) continue;
      const marks = this.ground.consul.record(service.policy.service)?.rotation ?? {};
      const onTrial = (instance: string): boolean => own(marks, instance)?.state === 'probation';
      this.rules.adopted(after, service, { isPanic: this.isPanic(service), isOld, onTrial });
      if (isOld) continue;
      const left = this.toll.drained(nth, before[nth] ?? null, after, service, this.now, wanted);
      for (const { id, forNothing } of left) this.tell(`${id} leaves the rotation${forNothing ? ', for nothing' : ''}`);
    }
  }

  /** Whom people want out now: drained, or about to be stepped by their order. */
  private wantedOut(): ReadonlySet<string> {
    const { services, consul, said } = this.ground;
    const drained = said.drains.filter(
      ({ restored, until }) => restored === null && (until === null || until > this.now),
    );
    const ordered = said.orders.filter(({ until }) => until > this.now);
    const open = services.flatMap(({ policy }) => consul.ledger(policy.service).value.open);
    const begun = open.filter(({ by }) => by.kind === 'human');
    return new Set([...drained, ...ordered, ...begun].map(({ instance }) => instance));
  }

  private isPanic({ policy, scores }: SimService): boolean {
    const known = [...scores.values()].filter(({ zone, blackout }) => zone !== 'unknown' && !blackout);
    const good = known.filter(({ zone }) => zone === 'green' || zone === 'yellow').length;
    return good < known.length * policy.guardrails.panic;
  }

  private noteHealing({ service: name, instance, step, by }: Action): void {
    const nth = this.services.findIndex(({ policy }) => policy.service === name);
    const process = this.services[nth]?.processes.get(instance as InstanceId);
    if (!process) return;
    if (by.kind === 'human') {
      this.orders += 1;
      this.tell(`${instance}: ${step}, as ${by.author} ordered`);
      return;
    }
    const forNothing = this.toll.healed(nth, process, this.now);
    this.tell(`${instance}: ${step}${forNothing ? ', for nothing' : ''}`);
  }

  private indexOf(process: Process): number {
    return this.services.findIndex(({ processes }) => processes.has(process.id));
  }

  private tell(line: string): void {
    this.options.tell?.(`${new Date(this.now - start).toISOString().slice(11, 19)} ${line}`);
  }
}

export const simulate = (options: DayOptions): DayResult => new Day(options).run();
