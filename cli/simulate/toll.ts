/** What a stretch of time cost, service by service: requests, capacity, and what was done for nothing. */
import type { InstanceId } from '../../config/index.js';
import type { DesiredUpstream } from '../../scheduler/gateway/types.js';
import type { Process } from './process.js';
import type { SimService } from './service.js';

/** Times are summed over instances. */
export interface ServiceToll {
  readonly service: string;
  readonly requests: number;
  readonly errors: number;
  readonly drains: number;
  readonly wrongDrains: number;
  readonly heals: number;
  readonly wrongHeals: number;
  /** They had a fault, or did not run. */
  readonly illMs: number;
  /** They were well and got less than their share. */
  readonly heldBackMs: number;
}

/** So long after a fault nobody can know yet that it is over: least of all of one that gets no traffic. */
const aftermathMs = 120_000;

type Counted = { -readonly [Key in keyof ServiceToll]: ServiceToll[Key] };

export class Toll {
  readonly services: readonly Counted[];
  private readonly faultyUntil = new Map<InstanceId, number>();

  constructor(services: readonly SimService[]) {
    const none = {
      requests: 0,
      errors: 0,
      drains: 0,
      wrongDrains: 0,
      heals: 0,
      wrongHeals: 0,
      illMs: 0,
      heldBackMs: 0,
    };
    this.services = services.map(({ policy }) => ({ service: policy.service, ...none }));
  }

  served(nth: number, requests: number, errors: number): void {
    const toll = this.services[nth];
    if (!toll) return;
    toll.requests += requests;
    toll.errors += errors;
  }

  /** It has a fault now. */
  ill(nth: number, { id }: Process, now: number, stepMs: number): void {
    this.faultyUntil.set(id, now + aftermathMs);
    const toll = this.services[nth];
    if (toll) toll.illMs += stepMs;
  }

  /** What those who are well are given less than what the best are given. */
  heldBack(nth: number, upstream: DesiredUpstream, { processes }: SimService, now: number, stepMs: number): void {
    const toll = this.services[nth];
    if (!toll) return;
    let most = 0;
    for (const { weight } of upstream.servers) most = Math.max(most, weight);
    let given = 0;
    let well = 0;
    for (const process of processes.values()) if (process.alive && !this.isIll(process, now)) well += 1;
    for (const { instance, weight } of upstream.servers) {
      const process = processes.get(instance as InstanceId);
      if (process?.alive === true && !this.isIll(process, now)) given += weight / most;
    }
    toll.heldBackMs += Math.max(0, well - given) * stepMs;
  }

  /** Who left the rotation; answers for whom there was no reason. */
  drained(
    nth: number,
    before: DesiredUpstream | null,
    after: DesiredUpstream,
    { processes }: SimService,
    now: number,
    /** Whom people wanted out. */
    wanted: ReadonlySet<string>,
  ): readonly { readonly id: string; readonly forNothing: boolean }[] {
    const toll = this.services[nth];
    const was = new Map(before?.servers.map(({ instance, weight }) => [instance, weight]));
    return after.servers.flatMap(({ instance, weight }) => {
      if (weight > 0 || (was.get(instance) ?? 0) === 0) return [];
      const process = processes.get(instance as InstanceId);
      const isFit = process?.condition.consul === 'passing' && !wanted.has(instance);
      const forNothing = isFit && !this.wasIll(process, now);
      if (toll) toll.drains += 1;
      if (toll && forNothing) toll.wrongDrains += 1;
      return [{ id: instance, forNothing }];
    });
  }

  /** True: for nothing. */
  healed(nth: number, process: Process, now: number): boolean {
    const toll = this.services[nth];
    const forNothing = process.alive && !this.wasIll(process, now);
    if (toll) toll.heals += 1;
    if (toll && forNothing) toll.wrongHeals += 1;
    return forNothing;
  }

  sum(of: keyof Omit<ServiceToll, 'service'>): number {
    return this.services.reduce((total, toll) => total + toll[of], 0);
  }

  /** In this very step. */
  private isIll({ id }: Process, now: number): boolean {
    return this.faultyUntil.get(id) === now + aftermathMs;
  }

  private wasIll({ id }: Process, now: number): boolean {
    return (this.faultyUntil.get(id) ?? 0) >= now;
  }
}
