/**
 * One simulated scheduler process around the real `decide`. It acts as `scheduler/apply` does: the gateway is told, each new
 * phase goes into the ledger by compare-and-set, the record follows, and only then is done what the ledger names. Each
 * of these calls may be the last before it dies, or sleeps and goes on later where it stood.
 */
import { isDeepStrictEqual } from 'node:util';
import type { InstanceId, ServiceName } from '../../config/index.js';
import { ledgerKeepMs, withAction } from '../../scheduler/apply/ledger.js';
import { desiredUpstreams } from '../../scheduler/apply/desired.js';
import type { Action, Controls, ServiceRecord } from '../../scheduler/client/index.js';
import { decide } from '../../scheduler/decide.js';
import type {
  Command,
  Decision,
  EndedStep,
  FleetPolicy,
  GuardContext,
  LeadState,
  Memory,
  RuntimeFact,
  StepResult,
  World,
} from '../../scheduler/model.js';
import type { Verdict } from '../../scheduler/client/index.js';
import { confirmedWithinMs } from '../../scheduler/facts.js';
import type { SimConsul } from './consul.js';
import type { SimGateway } from './gateway.js';
import type { SimRuntime } from './runtime.js';
import type { SimService } from './service.js';
import type { Fate } from './story.js';

/** What all schedulers stand on. */
export interface Ground {
  readonly services: readonly SimService[];
  readonly consul: SimConsul;
  readonly gateway: SimGateway;
  readonly runtime: SimRuntime;
  readonly fleet: FleetPolicy;
  /** The engine answers. */
  engineAnswers: boolean;
  /** When the engine last evaluated, and whether a scoring window has passed since it started. */
  scoredAt: number;
  engineReady: boolean;
  /** What people say. */
  said: Controls;
  readonly judge: ((context: GuardContext) => Verdict[]) | undefined;
  readonly watch: Watcher;
}

/** A turn of one that is awake and does not lead. */
export interface Followed {
  readonly who: object;
  readonly at: number;
  /** Null, or why Consul cannot be asked about the lock. */
  readonly lockTrouble: string | null;
}

/** Whoever looks on: the safety rules. */
export interface Watcher {
  decided(seen: {
    readonly who: object;
    readonly at: number;
    readonly world: World;
    readonly memory: Memory;
    readonly decision: Decision;
  }): void;
  followed(turn: Followed): void;
  /** A new phase stands in the ledger. */
  wrote(action: Action, at: number): void;
  /** The runtime is about to be told. */
  stepping(action: Action, decision: Decision, world: World, at: number): void;
}

const ttlMs = 15_000;

/** What befalls it in the middle of an act. */
export interface Blow {
  /** Calls that get through before. */
  readonly afterCalls: number;
  readonly then: Fate;
  /** Only in a turn that writes or does something for an action. */
  readonly inAct: boolean;
}

/** As the real one reads them: what has an end is gone after it; approvals are judged by whoever looks at them. */
const inForce = (said: Controls, now: number): Controls => {
  if (said.pauses.length === 0 && said.modes.length === 0) return said;
  const holds = ({ until }: { readonly until: number | null }): boolean => until === null || until > now;
  return { ...said, pauses: said.pauses.filter(holds), modes: said.modes.filter(holds) };
};

export class SimScheduler {
  alive = true;
  private asleep = false;
  /** Null: none is due. */
  private blow: Blow | null = null;
  private callsLeft = 0;
  /** When it was struck last. */
  struckAt: number | null = null;
  private isSuspended = false;
  private wasSuspended = false;
  /** Of one whose clock stood still: Consul has said that the lock is not its own. A turn may be under way by then, not a second. */
  private isDenied = false;
  private memory: Memory = { services: new Map() };
  private token: number | null = null;
  private heldSince: number | null = null;
  private confirmedAt: number | null = null;
  private adopted: number | null = null;
  private results: ReadonlyMap<string, EndedStep> = new Map();
  private readonly started = new Set<string>();
  private readonly facts = new Map<string, Map<InstanceId, RuntimeFact>>();
  private readonly dirty = new Set<ServiceName>();
  /** Calls that it will make when it wakes. */
  private frozen: (() => void)[] = [];
  private now = 0;

  constructor(private readonly ground: Ground) {}

  /** Started again after it died: it knows nothing. */
  reborn(): SimScheduler {
    return new SimScheduler(this.ground);
  }

  get leads(): boolean {
    return this.alive && this.token !== null && this.holds();
  }

  /** Whether it does anything at all. */
  get isAwake(): boolean {
    return this.alive && !this.asleep;
  }

  turn(now: number): void {
    if (!this.isAwake) return;
    this.now = now;
    this.wakeUp();
    this.campaign();
    // Who does not lead only shows what it would do.
    if (!this.adopt() || !this.leadHeld()) return this.follow();
    const world = this.world();
    const decision = decide(world, this.memory, this.ground.fleet, now, this.ground.judge);
    const { memory } = this;
    this.memory = decision.memory;
    this.ground.watch.decided({ who: this, at: now, world, memory, decision });
    const isAct = decision.commands.some(({ do: what }) => what !== 'look');
    this.perform(this.calls(decision, world), isAct);
  }

  private follow(): void {
    const lockTrouble = this.ground.consul.silent ? 'Consul does not answer' : null;
    this.ground.watch.followed({ who: this, at: this.now, lockTrouble });
  }

  /** Falls asleep or dies in the middle of the next act that makes so many calls. */
  strike(blow: Blow | null): void {
    this.blow = blow;
    this.callsLeft = blow?.afterCalls ?? 0;
  }

  get isThreatened(): boolean {
    return this.blow !== null;
  }

  /** It goes on at its next turn. A clock that stood still says that the lock was confirmed a moment ago. */
  wake(now: number): void {
    if (this.asleep && this.isSuspended && this.confirmedAt !== null) this.confirmedAt += now - this.now;
    this.wasSuspended ||= this.isSuspended;
    this.asleep = false;
    this.isSuspended = false;
    this.strike(null);
  }

  private wakeUp(): void {
    const rest = this.frozen;
    this.frozen = [];
    for (const call of rest) call();
  }

  private campaign(): void {
    const { consul } = this.ground;
    const token = consul.confirm(this, this.now) ?? (this.holds() ? null : consul.acquire(this, this.now));
    if (token !== null) {
      if (token !== this.token) this.heldSince = this.now;
      this.token = token;
      this.confirmedAt = this.now;
      this.isDenied = false;
      this.wasSuspended = false;
    } else if (!this.holds() || this.isDenied) {
      this.token = null;
      this.heldSince = null;
    } else this.isDenied = this.wasSuspended && !consul.silent;
  }

  private holds(): boolean {
    return this.token !== null && this.confirmedAt !== null && this.now - this.confirmedAt <= ttlMs;
  }

  private leadHeld(): boolean {
    return this.holds() && this.adopted === this.token;
  }

  /** A new leader first reads what its predecessor decided and began. False: it cannot yet. */
  private adopt(): boolean {
    if (!this.holds() || this.adopted === this.token) return true;
    if (this.ground.consul.silent) return false;
    this.memory = this.readMemory();
    this.adopted = this.token;
    return true;
  }

  private readMemory(): Memory {
    return { services: this.ground.consul.allRecords() as ReadonlyMap<ServiceName, ServiceRecord> };
  }

  private lead(): LeadState {
    const held = this.leadHeld();
    return {
      held,
      token: held ? this.token : null,
      heldSince: held ? this.heldSince : null,
      confirmedAgoMs: this.confirmedAt === null ? null : this.now - this.confirmedAt,
      why: held ? 'holds the lock' : 'does not hold the lock',
    };
  }

  private world(): World {
    const { services, consul, gateway, engineAnswers, scoredAt, engineReady, said } = this.ground;
    return {
      services: services.map(({ policy, discovered, scores }) => ({
        policy,
        catalog: discovered,
        scores: {
          received: engineAnswers,
          ageMs: this.now - scoredAt,
          engineNow: scoredAt,
          ready: engineReady,
          instances: scores,
        },
        ledger: consul.ledger(policy.service).value,
        runtime: this.facts.get(policy.service) ?? new Map<InstanceId, RuntimeFact>(),
      })),
      lead: this.lead(),
      gateway: gateway.view(),
      controls: inForce(said, this.now),
      stepResults: this.results,
    };
  }

  /** Everything that the decision asks of the world outside, one call at a time, in the order in which it is done. */
  private calls(decision: Decision, world: World): (() => void)[] {
    const { gateway } = this.ground;
    const desired = desiredUpstreams(decision.plan.services, world.services, world.gateway);
    for (const service of decision.changed) this.dirty.add(service);
    const calls: (() => void)[] = [];
    if (desired) {
      const { token } = this;
      // The gateway asks for the lock once more right before it changes anything. Who sleeps between the two changes it.
      let mayChange = false;
      calls.push(
        () => {
          mayChange = this.holds();
        },
        () => {
          if (mayChange) gateway.submit(desired, token ?? 0);
        },
      );
    }
    calls.push(...this.writes(decision, world));
    if (this.dirty.size > 0) calls.push(() => this.writeRecords(decision));
    for (const command of decision.commands)
      if (command.do !== 'ledger') calls.push(() => this.command(command, decision, world));
    return calls;
  }

  /** Each decided on the ledger as it stands now. */
  private writes({ commands }: Decision, { services }: World): (() => void)[] {
    if (!commands.some(({ do: what }) => what === 'ledger')) return [];
    const indexes = new Map(services.map(({ policy }) => [policy.service as string, this.indexOf(policy.service)]));
    return commands.flatMap((command) => (command.do === 'ledger' ? [() => this.write(command.action, indexes)] : []));
  }

  private indexOf(service: string): number {
    return this.ground.consul.ledger(service).index;
  }

  private perform(calls: readonly (() => void)[], isAct: boolean): void {
    const blow = this.blow?.inAct === true && !isAct ? null : this.blow;
    for (const [at, call] of calls.entries()) {
      if (blow !== null && this.callsLeft-- <= 0) return this.suffer(blow, calls.slice(at));
      call();
    }
  }

  private suffer({ then }: Blow, rest: readonly (() => void)[]): void {
    this.strike(null);
    this.struckAt = this.now;
    if (then === 'die') this.alive = false;
    else {
      this.asleep = true;
      this.isSuspended = then === 'suspend';
      this.frozen = [...rest];
    }
  }

  private write(action: Action, indexes: Map<string, number>): void {
    const { consul, services, watch } = this.ground;
    const { value: ledger } = consul.ledger(action.service);
    const policy = services.find((one) => one.policy.service === action.service)?.policy;
    const decidedOn = indexes.get(action.service) ?? 0;
    if (!policy || ledger.token > action.token) return;
    const next = withAction(ledger, action, action.token, this.now, ledgerKeepMs(policy.guardrails));
    const written = consul.putLedger(action.service, next, decidedOn, this.now);
    if (written === 'written') indexes.set(action.service, this.indexOf(action.service));
    if (this.stands(action)) watch.wrote(action, this.now);
  }

  /** As `holds` of the real writer: an unanswered write may stand there all the same. */
  private stands(action: Action): boolean {
    const { open, closed } = this.ground.consul.ledger(action.service).value;
    return [...open, ...closed].some((other) => isDeepStrictEqual(other, action));
  }

  private writeRecords(decision: Decision): void {
    for (const service of [...this.dirty]) {
      const record = decision.memory.services.get(service);
      const fate = record
        ? this.ground.consul.putRecord(service, { ...record, token: this.token ?? 0 }, this.now)
        : 'written';
      if (fate !== 'unanswered') this.dirty.delete(service);
    }
  }

  private command(command: Command, decision: Decision, world: World): void {
    if (command.do === 'look') this.look(command.service, command.instance);
    else if (command.do === 'step') this.step(command.action, decision, world);
  }

  private look(service: ServiceName, instance: InstanceId): void {
    const process = this.ground.services.find(({ policy }) => policy.service === service)?.processes.get(instance);
    const facts = this.facts.get(service) ?? new Map<InstanceId, RuntimeFact>();
    this.facts.set(service, facts.set(instance, this.ground.runtime.find(process, instance, this.now)));
  }

  /** The last look before the irreversible: the lock, confirmed a moment ago, and the ledger as it stands now. */
  private step(action: Action, decision: Decision, world: World): void {
    const { runtime, services, watch } = this.ground;
    if (this.started.has(action.id) || !this.isPermitted(action)) return;
    const process = services
      .find(({ policy }) => policy.service === action.service)
      ?.processes.get(action.instance as InstanceId);
    this.started.add(action.id);
    if (!process) {
      this.ended(action, { kind: 'failed', text: 'no such container' });
      return;
    }
    watch.stepping(action, decision, world, this.now);
    runtime.step(action, process, this.now, (result) => this.ended(action, result));
  }

  /** Worlds that were seen before do not learn of it. */
  private ended({ id }: Action, result: StepResult): void {
    this.results = new Map(this.results).set(id, { ...result, at: this.now });
  }

  private isPermitted(action: Action): boolean {
    const { consul } = this.ground;
    if (consul.silent || !this.holds() || this.token !== action.token) return false;
    if (this.now - (this.confirmedAt ?? -Infinity) > confirmedWithinMs) return false;
    return consul
      .ledger(action.service)
      .value.open.some(({ id, phase, token }) => id === action.id && phase === 'stepping' && token === action.token);
  }
}
