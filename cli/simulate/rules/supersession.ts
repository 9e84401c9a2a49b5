/**
 * The one unguarded moment of the gateway: who slept between the last look at the lock and the change of a file puts an older plan
 * in force when he wakes. That plan was a legal one, and whoever leads by then puts his own in its place; nothing is judged by it.
 */
import type { DesiredUpstream } from '../../../scheduler/gateway/types.js';
import type { Breach } from './model.js';

/** Two turns, and the reload. */
const replacedWithinMs = 15_000;

export class Supersession {
  private readonly proper = new Map<string, DesiredUpstream>();
  private readonly old = new Set<string>();
  /** Since when an old plan is in force and somebody could replace it. */
  private since: number | null = null;

  /** What was last put in force by who led. */
  properOf(service: string): DesiredUpstream | null {
    return this.proper.get(service) ?? null;
  }

  adopted(service: string, upstream: DesiredUpstream, isOld: boolean, now: number): void {
    if (isOld) {
      this.old.add(service);
      this.since ??= now;
      return;
    }
    this.proper.set(service, upstream);
    this.old.delete(service);
  }

  *tick(now: number, isLed: boolean): Generator<Breach> {
    if (this.old.size === 0) this.since = null;
    else if (!isLed) this.since = now;
    else if (now - (this.since ?? now) > replacedWithinMs) yield ['an old plan is soon replaced', [...this.old].join()];
  }
}
