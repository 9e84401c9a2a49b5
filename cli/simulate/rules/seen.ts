/** What the rules have seen for themselves: who is how long out, how many there should be, storms, acts and orders. */
import type { ServicePolicy } from '../../../config/index.js';
import type { InstanceScore } from '../../../engine/client/index.js';
import type { Action, Order } from '../../../scheduler/client/index.js';
import { atLeast } from '../../../scheduler/facts.js';
import type { DesiredUpstream } from '../../../scheduler/gateway/types.js';
import type { SimService } from '../service.js';

/** The largest count of so long is how many there should be. */
const countedMs = 600_000;
const stormWithinMs = 60_000;
/** Red under full traffic for so long is as good as a failed probation. */
const servedRedMs = 30_000;
/** Green for so long is the end of what was before, of one that nothing takes out of rotation. */
const overAfterMs = 300_000;

/** Nothing of it leaves the rotation: Ballast does not steer its traffic, or it is the only one, restarted in place. */
const staysIn = ({ traffic, heal }: ServicePolicy): boolean => traffic?.mode !== 'act' || heal.single === 'restart';

interface Count {
  /** When it was last so. */
  at: number;
  readonly count: number;
}

/** What a person ordered; `withdrawnAt`: and took back. */
interface Ordered {
  readonly order: Order;
  withdrawnAt: number | null;
}

export class Seen {
  /** The last phase of each action, as the ledger holds it. */
  readonly phases = new Map<string, Action>();
  /** Steps that the runtime was told of. */
  readonly done: { readonly at: number; readonly action: Action }[] = [];
  readonly orders = new Map<string, Ordered>();
  /** When many services had their outbreak of red together. */
  stormAt = -Infinity;
  private readonly counts = new Map<string, Count[]>();
  /** Since when an instance gets no more than the floor, after it was taken out. */
  private readonly outSince = new Map<string, number>();
  /** And got a little traffic again since, to prove itself. */
  private readonly tried = new Set<string>();
  private readonly zones = new Map<string, { readonly zone: string; readonly since: number }>();
  /** Of those that stay in rotation whatever they are: since when one is red or down; `greenAt`: seems over since. */
  private readonly illSince = new Map<string, { readonly from: number; greenAt: number | null }>();
  /** When a red last began in a service. */
  private readonly redAt = new Map<string, number>();

  count(services: readonly SimService[], now: number): void {
    for (const { policy, discovered } of services) {
      const count = discovered.kind === 'waiting' ? 0 : discovered.entries.length;
      const seen = this.counts.get(policy.service) ?? [];
      while (seen[0] && now - seen[0].at >= countedMs) seen.shift();
      const last = seen.at(-1);
      if (last?.count === count) last.at = now;
      else seen.push({ at: now, count });
      if (!last) this.counts.set(policy.service, seen);
    }
  }

  /** After each evaluation: where red broke out, however long it lasted. */
  evaluated(services: readonly SimService[], now: number): void {
    let together = 0;
    for (const { policy, scores } of services) {
      if (this.hasTurnedRed(scores.values(), now)) this.redAt.set(policy.service, now);
      if (staysIn(policy)) for (const score of scores.values()) this.noteIll(score, now);
      if (now - (this.redAt.get(policy.service) ?? -Infinity) < stormWithinMs) together += 1;
    }
    if (together >= 3 && together > 0.3 * services.length) this.stormAt = now;
  }

  private noteIll({ instance, zone, up }: InstanceScore, now: number): void {
    const known = this.illSince.get(instance);
    if (zone === 'red' || up.state === 'down') {
      if (known) known.greenAt = null;
      else this.illSince.set(instance, { from: now, greenAt: null });
    } else if (known && zone === 'green') {
      known.greenAt ??= now;
      if (now - known.greenAt >= overAfterMs) this.illSince.delete(instance);
    }
  }

  private hasTurnedRed(scores: Iterable<InstanceScore>, now: number): boolean {
    let hasTurned = false;
    for (const { instance, zone } of scores) {
      if (this.zones.get(instance)?.zone === zone) continue;
      this.zones.set(instance, { zone, since: now });
      hasTurned ||= zone === 'red';
    }
    return hasTurned;
  }

  /** Who gets nothing from now on, and who more than the floor again. */
  served({ servers }: DesiredUpstream, floor: number, onTrial: (instance: string) => boolean, now: number): void {
    for (const { instance, weight } of servers) {
      // Where the others are lowered too, the floor of a probation is more than the floor: the largest weight counts as full.
      if (weight > floor && !onTrial(instance)) {
        this.outSince.delete(instance);
        this.tried.delete(instance);
      } else if (weight > 0 && this.outSince.has(instance)) this.tried.add(instance);
      else if (weight === 0 && !this.outSince.has(instance)) this.outSince.set(instance, now);
    }
  }

  /** Null: it is in rotation, and not ill where nothing else would take it out. */
  outFrom(instance: string): number | null {
    return this.outSince.get(instance) ?? this.illSince.get(instance)?.from ?? null;
  }

  /** It got a little traffic since it left, or stayed in for as long although it was red. */
  wasTried(instance: string, now: number): boolean {
    const known = this.zones.get(instance);
    const redFor = known?.zone === 'red' ? (this.outSince.get(instance) ?? 0) - known.since : 0;
    const ill = this.illSince.get(instance);
    return this.tried.has(instance) || redFor >= servedRedMs || (ill !== undefined && now - ill.from >= servedRedMs);
  }

  desiredOf({ service, guardrails }: ServicePolicy): number {
    return guardrails.desired ?? Math.max(0, ...(this.counts.get(service) ?? []).map(({ count }) => count));
  }

  minimumOf(policy: ServicePolicy): number {
    return Math.max(1, atLeast(policy.guardrails.minAvailable, this.desiredOf(policy)));
  }
}
