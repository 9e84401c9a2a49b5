/** One instance on a virtual timeline: an evaluation an interval, from observations as a test describes them. */
import type { InstanceId, ServicePolicy } from '../../config/index.js';
import type { Explanation, InstanceScore, RotationMark, Zone } from '../../engine/client/index.js';
import { explain } from '../../engine/explain.js';
import { recall, type InstanceMemory, type ServiceMemory } from '../../engine/memory.js';
import type { Instance } from '../../engine/model.js';
import { evaluate } from '../../engine/pipeline.js';
import { instanceNamed, observed, type ObservationChange, type Values } from './observations.js';

export class Timeline {
  memory: InstanceMemory | undefined;
  mark: RotationMark | null = null;
  /** Shown zones so far, a letter each. */
  zones = '';

  constructor(
    readonly policy: ServicePolicy,
    public now = 1_000_000,
    readonly instance: Instance = instanceNamed('checkout-1'),
  ) {}

  /** Lets an interval pass and evaluates once. */
  next(
    values: Values = {},
    { afterMs = this.policy.scrape.intervalMs, ...change }: ObservationChange & { afterMs?: number } = {},
  ): InstanceScore {
    this.now += afterMs;
    const before = recall(this.memory, this.instance, this.mark, this.now);
    const observation = observed(this.policy, this.now, values, { instance: this.instance, ...change });
    this.memory = evaluate(before, observation, this.mark, this.policy, this.now);
    const { instance: score } = this.explain();
    this.zones += score.zone.charAt(0);
    return score;
  }

  /** The same, `count` times; the last score. */
  repeat(count: number, values: Values = {}, change: ObservationChange = {}): InstanceScore {
    for (let i = 1; i < count; i += 1) this.next(values, change);
    return this.next(values, change);
  }

  /** Sets a rotation mark as of now. */
  turn(state: RotationMark['state']): void {
    this.mark = { state, since: this.now };
  }

  explain(): Explanation {
    const explanation = explain(this.service, this.instance.id, this.policy, this.now);
    if (explanation === null) throw new Error('not evaluated yet');
    return explanation;
  }

  get service(): ServiceMemory {
    return { instances: new Map<InstanceId, InstanceMemory>(this.memory ? [[this.instance.id, this.memory]] : []) };
  }

  get zone(): Zone {
    return this.memory?.zone.zone ?? 'unknown';
  }
}
