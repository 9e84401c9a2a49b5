/** A simulated stretch of time: a fleet under load, what befalls it, and a real scheduler that makes the best of it. */
import type { InstanceId, ServicePolicy } from '../../config/index.js';
import type { Judge } from '../../scheduler/model.js';
import { Chance } from './chance.js';
import { SimConsul } from './consul.js';
import { SimGateway } from './gateway.js';
import type { Process } from './process.js';
import { Rules, type Violation } from './rules.js';
import { SimRuntime } from './runtime.js';
import { type Ground, SimScheduler } from './scheduler.js';
import { SimService } from './service.js';
import type { ControlTrouble, Incident, Story, Surroundings } from './story.js';
import { serve } from './traffic.js';
import { type Active, targetsOf, Weather } from './weather.js';

export interface DayOptions {
  readonly policies: readonly {
    readonly policy: ServicePolicy;
    readonly instances: number;
    readonly perSecond: number;
  }[];
  readonly story: Story;
  /** Another set of guardrails than the real one. */
  readonly judge?: Judge;
  /** Called with a line for each thing that happens. */
  readonly tell?: (line: string) => void;
}

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
  readonly drains: number;
  readonly requests: number;
  readonly errors: number;
  readonly reloads: number;
}

/** Milliseconds since the epoch at which each story begins: round, so that texts are. */
const start = 1_700_000_000_000;
/** After the last incident all must be well again within this: budgets are by the hour, breakers and cooldowns by minutes. */
const settleMs = 2 * 3_600_000;
/** So long after a fault nobody can know yet that it is over: least of all of one that gets no traffic. */
const aftermathMs = 120_000;

export class Day {
  private now: number;
  private readonly services: readonly SimService[];
  private readonly weather: Weather;
  private readonly rules: Rules;
  private readonly ground: Ground;
  private readonly stepMs: number;
  private schedulers: SimScheduler[];
  private engineStartedAt: number;
  private readonly faultyUntil = new Map<InstanceId, number>();
  private readonly luck: Chance;
  private readonly counts = { steps: 0, wrongDrains: 0, wrongHeals: 0, heals: 0, drains: 0, requests: 0, errors: 0 };
  private deploys: { service: SimService; nextAt: number; everyMs: number; left: InstanceId[] }[] = [];

  constructor(private readonly options: DayOptions) {
    const { policies, story, judge } = options;
    this.stepMs = Math.min(...policies.map(({ policy }) => policy.scrape.intervalMs));
    this.now = start - (start % this.stepMs);
    this.engineStartedAt = this.now - 3_600_000;
    this.services = policies.map(
      ({ policy, instances, perSecond }) => new SimService(policy, instances, perSecond, story.seed, this.now),
    );
    this.weather = new Weather(story.incidents);
    this.luck = new Chance(story.seed, 'traffic');
    const runtime = new SimRuntime();
    const fleet = { maxActions: 10, maxConcurrent: 1 };
    this.rules = new Rules({
      services: this.services,
      fleet,
      faultsOf: (service, process) => this.weather.faultsOf(service, process, this.services),
      working: (id) => runtime.working(id),
    });
    this.ground = {
      services: this.services,
      consul: new SimConsul(new Chance(story.seed, 'consul')),
      gateway: new SimGateway(),
      runtime,
      fleet,
      engineAnswers: true,
      scoredAt: this.now,
      engineReady: true,
      pauses: [],
      judge,
      watch: {
        decided: ({ world, decision }) => {
          this.rules.planned(decision, world);
          for (const event of decision.events)
            this.tell(`${event.instance ?? event.service ?? '-'} ${event.code} ${event.text}`);
        },
        wrote: (action) => {
          this.rules.wrote(action);
        },
        stepping: (action, decision, world) => {
          this.rules.stepping(action, decision, world);
          this.noteHealing(action.service, action.instance as InstanceId);
        },
      },
    };
    this.schedulers = ['first', 'second'].map((name) => new SimScheduler(this.ground, name));
  }

  run(): DayResult {
    const { story } = this.options;
    const begin = this.now;
    while (this.now - begin < story.endsAt) this.step(this.now - begin);
    const end = this.now;
    while (this.now - end < settleMs && this.unwell().length > 0) this.step(this.now - begin);
    this.rules.end();
    const { steps, wrongDrains, wrongHeals, heals, drains, requests, errors } = this.counts;
    return {
      seed: story.seed,
      steps,
      evaluations: this.services.reduce((sum, { evaluations }) => sum + evaluations, 0),
      violations: this.rules.violations,
      unhealed: this.unwell(),
      wrongDrains,
      wrongHeals,
      heals,
      drains,
      requests,
      errors,
      reloads: this.ground.gateway.reloads,
    };
  }

  private step(at: number): void {
    this.now += this.stepMs;
    this.counts.steps += 1;
    const { began, ended } = this.weather.turn(at);
    for (const one of ended) this.end(one);
    for (const one of began) this.begin(one);
    this.deploy();
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
        if (this.weather.faultsOf(nth, process, this.services).length > 0 || !process.alive)
          this.faultyUntil.set(process.id, this.now + aftermathMs);
  }

  private serve(): void {
    for (const service of this.services) {
      for (const process of service.processes.values()) if (!process.condition.hangs) process.inFlight = 0;
      const upstream = this.ground.gateway.upstream(service.policy.traffic?.upstream ?? '');
      if (!upstream) continue;
      const luck = this.luck.at(this.now + service.count * 31);
      const mean = (service.load * this.stepMs) / 1_000;
      const requests = luck.binomial(Math.round(mean * 2), 0.5);
      const { errors } = serve(upstream, service.processes, requests, service.baseErrors, luck);
      this.counts.requests += requests;
      this.counts.errors += errors;
    }
  }

  private observe(): void {
    for (const service of this.services) service.discover(this.ground.consul.silent, this.now);
    if (!this.ground.engineAnswers) return;
    this.ground.scoredAt = this.now;
    this.ground.engineReady = this.now - this.engineStartedAt >= 25_000;
    for (const service of this.services)
      service.evaluate(this.ground.consul.record(service.policy.service)?.rotation ?? {}, this.now);
  }

  private control(): void {
    this.rules.tick(this.now);
    this.ground.consul.expire(this.now);
    for (const scheduler of this.schedulers) scheduler.turn(this.now);
  }

  private adopt(): void {
    const { gateway } = this.ground;
    const before = this.services.map(({ policy }) => gateway.upstream(policy.traffic?.upstream ?? ''));
    if (!gateway.adopt(this.now)) return;
    for (const [nth, service] of this.services.entries()) {
      const after = gateway.upstream(service.policy.traffic?.upstream ?? '');
      if (!after) continue;
      this.rules.adopted(before[nth] ?? null, after, service, this.isPanic(service));
      this.noteDrains(before[nth] ?? null, after, service);
    }
  }

  private isPanic(service: SimService): boolean {
    const known = [...service.scores.values()].filter(({ zone, blackout }) => zone !== 'unknown' && !blackout);
    const good = known.filter(({ zone }) => zone === 'green' || zone === 'yellow').length;
    return good * 2 < known.length;
  }

  private noteDrains(
    before: ReturnType<SimGateway['upstream']>,
    after: NonNullable<ReturnType<SimGateway['upstream']>>,
    service: SimService,
  ): void {
    const was = new Map(before?.servers.map(({ instance, weight }) => [instance, weight]));
    for (const { instance, weight } of after.servers) {
      if (weight > 0 || (was.get(instance) ?? 0) === 0) continue;
      const id = instance as InstanceId;
      const process = service.processes.get(id);
      this.counts.drains += 1;
      const isWell =
        process !== undefined && process.condition.consul === 'passing' && (this.faultyUntil.get(id) ?? 0) < this.now;
      if (isWell) this.counts.wrongDrains += 1;
      this.tell(`${id} leaves the rotation${isWell ? ', for nothing' : ''}`);
    }
  }

  private noteHealing(name: string, id: InstanceId): void {
    const nth = this.services.findIndex(({ policy }) => policy.service === name);
    const process = this.services[nth]?.processes.get(id);
    if (!process) return;
    this.counts.heals += 1;
    const isWell = process.alive && (this.faultyUntil.get(id) ?? 0) < this.now;
    if (isWell) this.counts.wrongHeals += 1;
    this.tell(`${id} is restarted${isWell ? ', for nothing' : ''}`);
  }

  private begin({ incident }: Active): void {
    this.tell(`begins: ${incident.kind} ${JSON.stringify(incident)}`);
    if (incident.kind === 'crash') {
      for (const process of targetsOf(this.services[incident.on.service], incident.on)) process.stop();
      return;
    }
    this.trouble(incident, true);
  }

  private end({ incident }: Active): void {
    this.tell(`is over: ${incident.kind}`);
    if (incident.kind === 'crash') {
      for (const process of targetsOf(this.services[incident.on.service], incident.on))
        if (!process.alive && !process.stepping) process.start(this.now);
      return;
    }
    this.trouble(incident, false);
  }

  private trouble(incident: Incident, isOn: boolean): void {
    if ('on' in incident) return;
    if ('service' in incident) this.surroundings(incident, isOn);
    else this.controlTrouble(incident, isOn);
  }

  private surroundings(incident: Surroundings, isOn: boolean): void {
    const service = this.services[incident.service];
    if (!service) return;
    if (incident.kind === 'load') service.load = service.usualLoad * (isOn ? incident.factor : 1);
    else if (incident.kind === 'base-errors') service.baseErrors = isOn ? incident.share : 0;
    else if (incident.kind === 'catalog-loses') {
      const ids = [...service.processes.keys()];
      service.hidden = new Set(isOn ? ids.slice(0, Math.ceil(ids.length * incident.share)) : []);
    } else if (isOn)
      this.deploys.push({ service, nextAt: this.now, everyMs: incident.everyMs, left: [...service.processes.keys()] });
  }

  private controlTrouble(incident: ControlTrouble, isOn: boolean): void {
    const { ground } = this;
    switch (incident.kind) {
      case 'consul-silent':
        ground.consul.silent = isOn;
        return;
      case 'engine-stopped':
        return this.engine(isOn);
      case 'leader-dies':
      case 'leader-sleeps':
        return this.leader(incident, isOn);
      case 'writes-fail':
        ground.consul.trouble = isOn ? incident : null;
        return;
      case 'runtime-fails':
        ground.runtime.fails = isOn;
        return;
      case 'runtime-slow':
        ground.runtime.slowByMs = isOn ? incident.byMs : 0;
        return;
      case 'runtime-unsure':
        ground.runtime.unsure = isOn ? incident.how : null;
        return;
      case 'gateway-refuses':
        ground.gateway.refuses = isOn;
        return;
      case 'pause': {
        const scope =
          incident.scope === 'all' ? 'all' : `service/${this.services[incident.scope]?.policy.service ?? ''}`;
        const said = { scope, author: 'ana', reason: 'looks at it', since: this.now, until: null };
        ground.pauses = isOn ? [...ground.pauses, said] : ground.pauses.filter((pause) => pause.scope !== scope);
      }
    }
  }

  private engine(isStopped: boolean): void {
    this.ground.engineAnswers = !isStopped;
    if (isStopped) return;
    this.engineStartedAt = this.now;
    for (const service of this.services) service.restartEngine(this.now);
  }

  /** Whoever leads; or whoever is down, at its end. */
  private leader(
    { kind, afterCalls }: Extract<ControlTrouble, { kind: 'leader-dies' | 'leader-sleeps' }>,
    isOn: boolean,
  ): void {
    if (isOn)
      return this.schedulers.find(({ leads }) => leads)?.strike(afterCalls, kind === 'leader-dies' ? 'die' : 'sleep');
    this.schedulers = this.schedulers.map((one) => {
      one.asleep = false;
      one.callsLeft = null;
      return one.alive ? one : one.reborn();
    });
  }

  /** The next instance of a rolling deployment: a new one comes, an old one goes. */
  private deploy(): void {
    for (const deploy of this.deploys) {
      if (deploy.nextAt > this.now) continue;
      deploy.nextAt = this.now + deploy.everyMs;
      const old = deploy.left.shift();
      if (old === undefined) continue;
      const { id } = deploy.service.add(this.now, this.now);
      deploy.service.remove(old);
      this.tell(`${old} is replaced by ${id}`);
    }
    this.deploys = this.deploys.filter(({ left }) => left.length > 0);
  }

  private unwell(): string[] {
    const open = this.services.flatMap(({ policy }) =>
      this.ground.consul.ledger(policy.service).value.open.map(({ id }) => `${id} is open`),
    );
    return [...open, ...this.services.flatMap((service) => this.unwellOf(service))];
  }

  private unwellOf({ policy, processes, scores }: SimService): string[] {
    const upstream = this.ground.gateway.upstream(policy.traffic?.upstream ?? '');
    const weights = new Map(upstream?.servers.map(({ instance, weight }) => [instance, weight]));
    const most = Math.max(...weights.values());
    return [...processes.values()]
      .filter(({ id, alive }) => !alive || scores.get(id)?.zone !== 'green' || (weights.get(id) ?? 0) < most)
      .map(
        ({ id, alive }) =>
          `${id}: ${alive ? (scores.get(id)?.why ?? 'no score') : 'down'}, weight ${weights.get(id) ?? 0} of ${most}`,
      );
  }

  private indexOf(process: Process): number {
    return this.services.findIndex(({ processes }) => processes.has(process.id));
  }

  private tell(line: string): void {
    this.options.tell?.(`${new Date(this.now - start).toISOString().slice(11, 19)} ${line}`);
  }
}

export const simulate = (options: DayOptions): DayResult => new Day(options).run();
