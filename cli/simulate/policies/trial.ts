/** One fault of one instance, under one condition, with one policy of who is sent what: what it cost. */
import type { InstanceId, ServicePolicy } from '../../../config/index.js';
import { Chance } from '../chance.js';
import { policyOf } from '../fleet.js';
import type { Process } from '../process.js';
import { alternativeOf } from './alternatives.js';
import { Backend } from './backend.js';
import { type Condition, conditions, deployEveryMs, spikeEveryMs, spikeMs } from './conditions.js';
import { balancerOf, type ContenderName, isSteered } from './contenders.js';
import { type FaultName, mendedByRestart } from './faults.js';
import { type Balancer, Proxy, tickMs } from './proxy.js';
import { TrialService } from './service.js';
import { Steering } from './steering.js';

/** Plain data: it is handed to a worker. */
export interface Trial {
  readonly condition: string;
  readonly fault: FaultName;
  readonly contender: ContenderName;
  /** What is changed of the defaults; null: nothing. */
  readonly alternative: string | null;
  readonly seed: number;
}

export interface TrialResult {
  readonly requests: number;
  readonly errors: number;
  /** Answered well, and after more than a second. */
  readonly slow: number;
  /** Since the fault began, until its share was lowered, and was nothing; null: never. */
  readonly loweredMs: number | null;
  readonly outMs: number | null;
  /** Times that somebody was taken out who had no fault. */
  readonly wrongDrains: number;
  /** Instance-seconds of those without a fault that were not made use of. */
  readonly capacityLost: number;
  readonly reloads: number;
  readonly heals: number;
}

const start = 1_700_000_000_000;
/** Requests come once the fleet is scored; the fault, at some moment of an interval, once all is quiet. */
const trafficAt = 5_000;
const faultAt = 60_000;
const deployAt = 40_000;
const spikesAt = 90_000;
/** A fault that nobody mends is over after this; and so long it is watched what becomes of the fleet. */
const faultMs = 180_000;
const afterwardsMs = 180_000;
/** So long after a fault nobody can know yet that it is over. */
const aftermathMs = 60_000;
const controlMs = 100;

class Course {
  private readonly service: TrialService;
  private readonly steering: Steering | null;
  private readonly balancer: Balancer;
  private readonly proxy: Proxy;
  private readonly ill: Backend;
  private readonly from: number;
  private readonly shares = new Map<Backend, number>();
  private readonly toReplace: InstanceId[];
  private lowered: number | null = null;
  private out: number | null = null;
  private wrongDrains = 0;
  private idleMs = 0;

  constructor(
    private readonly trial: Trial,
    private readonly under: Condition,
  ) {
    const { contender, alternative, seed } = trial;
    const { change, drawing } = alternativeOf(alternative);
    const policy = change(policyUnder(under, contender === 'ballast+heal'));
    this.service = new TrialService(policy, under, seed, start);
    for (const process of this.service.processes.values()) this.admit(process);
    const { traffic } = policy;
    this.steering = isSteered(contender) ? new Steering(this.service, seed, start) : null;
    const given = { upstream: traffic?.upstream ?? '', retries: traffic?.retries ?? false, drawing };
    this.balancer = balancerOf(contender, this.steering, given, new Chance(seed, 'picks'));
    this.balancer.use(this.backends());
    this.proxy = new Proxy(this.balancer, new Chance(seed, 'requests'), () => this.service.processes.size);
    this.from = faultAt + new Chance(seed, 'fault').whole(0, 49) * controlMs;
    const [ill] = this.backends();
    if (!ill) throw new Error('a trial needs an instance');
    this.ill = ill;
    this.toReplace = under.deploy ? [...this.service.processes.keys()].slice(1) : [];
  }

  run(): TrialResult {
    const endsAt = faultAt + faultMs + afterwardsMs;
    for (let at = 0; at < endsAt; at += tickMs) {
      if (at % controlMs === 0) this.control(at, start + at);
      if (at >= trafficAt) this.proxy.step(this.under.perSecond, start + at);
    }
    const { requests, errors, slow } = this.proxy;
    return {
      requests,
      errors,
      slow,
      loweredMs: this.lowered,
      outMs: this.out,
      wrongDrains: this.wrongDrains,
      capacityLost: Math.round(this.idleMs / 1_000),
      reloads: this.balancer.reloads,
      heals: this.steering?.heals ?? 0,
    };
  }

  private control(at: number, now: number): void {
    if (at === this.from) this.fall(now);
    if (at === this.from + faultMs) this.mend(now);
    if (this.under.deploy && at >= deployAt && (at - deployAt) % deployEveryMs === 0) this.deploy(now);
    if (this.under.spikes) this.spike(at - spikesAt, now);
    this.steering?.tick(now, (process) => {
      this.restarted(process, now);
    });
    this.balancer.tick(now);
    if (at >= trafficAt) this.account(at, now);
  }

  private fall(now: number): void {
    this.ill.fault = this.trial.fault;
    this.service.beginFault(now);
    if (this.ill.fault === 'crash') this.ill.process.stop();
  }

  /** Somebody looks after it. */
  private mend(now: number): void {
    const { ill } = this;
    if (ill.fault === 'none') return;
    if (!ill.process.alive && !ill.process.stepping) ill.process.start(now);
    ill.times.clear();
    this.getWell(ill, now);
  }

  private restarted(process: Process, now: number): void {
    const backend = this.service.backends.get(process);
    if (!backend) return;
    backend.times.clear();
    if (mendedByRestart.has(backend.fault)) this.getWell(backend, now);
  }

  private getWell(backend: Backend, now: number): void {
    backend.fault = 'none';
    backend.faultyUntil = now + aftermathMs;
  }

  private deploy(now: number): void {
    const old = this.toReplace.shift();
    if (old === undefined) return;
    this.admit(this.service.add(now, now));
    const gone = this.service.processes.get(old);
    this.service.remove(old);
    if (gone) this.service.backends.delete(gone);
    this.balancer.use(this.backends());
  }

  private spike(at: number, now: number): void {
    const backend = this.backends()[1];
    if (!backend || at < 0) return;
    backend.spiking = at % spikeEveryMs < spikeMs;
    if (backend.spiking) backend.faultyUntil = now + aftermathMs;
  }

  /** Who gets what now: what is taken from those without a fault is lost. */
  private account(at: number, now: number): void {
    for (const backend of this.service.backends.values()) {
      const share = this.balancer.shareOf(backend, now);
      const before = this.shares.get(backend) ?? 0;
      if (backend.isWell) this.idleMs += (1 - share) * controlMs;
      if (share === 0 && before > 0 && backend.isWell && now > backend.faultyUntil) this.wrongDrains += 1;
      this.shares.set(backend, share);
    }
    if (this.ill.fault === 'none') return;
    const share = this.shares.get(this.ill) ?? 0;
    if (share < 1) this.lowered ??= at - this.from;
    if (share === 0) this.out ??= at - this.from;
  }

  private admit(process: Process): void {
    const backend = new Backend(process);
    backend.baseErrors = this.under.baseErrors;
    this.service.backends.set(process, backend);
  }

  private backends(): readonly Backend[] {
    return [...this.service.backends.values()];
  }
}

const policyUnder = ({ intervalMs }: Condition, heals: boolean): ServicePolicy =>
  policyOf(
    'orders',
    `preset: node
scrape: {interval: ${intervalMs}ms}
traffic: {upstream: orders}
runtime: {docker: {}}
heal: {mode: ${heals ? 'act' : 'observe'}}
`,
  );

export const play = (trial: Trial): TrialResult => {
  const under = conditions.find(({ name }) => name === trial.condition);
  if (!under) throw new Error(`no condition ${trial.condition}`);
  return new Course(trial, under).run();
};
