import type { ServicePolicy } from '../config/index.js';
import type { Cause, InstanceScore, LevelScore } from './client/index.js';
import { causesAmong, describeCauses, upOf } from './describe.js';
import type { InstanceMemory, LastEvaluation } from './memory.js';
import type { Peers } from './score/index.js';

/**
 * An instance's score that was not written out yet: what history keeps and what wakes readers is at hand, the whole of it,
 * with its sentence, is made when somebody reads it. Of ten thousand that are well hardly anybody ever does.
 */
export class Scored {
  readonly #memory: InstanceMemory;
  readonly #last: LastEvaluation;
  readonly #policy: ServicePolicy;
  /** Told at once: they compare with the peers of this moment. */
  readonly causes: readonly Cause[];
  #whole: InstanceScore | null = null;

  constructor(memory: InstanceMemory, last: LastEvaluation, policy: ServicePolicy, peers: Peers) {
    this.#memory = memory;
    this.#last = last;
    this.#policy = policy;
    this.causes = causesAmong(memory, last, peers);
  }

  get whole(): InstanceScore {
    return (this.#whole ??= describeCauses(this.#memory, this.#last, this.#policy, this.causes));
  }

  get service(): string {
    return this.#last.instance.service;
  }

  get instance(): string {
    return this.#last.instance.id;
  }

  get node(): string {
    return this.#last.instance.node.name;
  }

  get address(): string {
    return this.#last.instance.address;
  }

  get port(): number {
    return this.#last.instance.port;
  }

  get consul(): InstanceScore['consul'] {
    return this.#last.instance.consul;
  }

  get zone(): InstanceScore['zone'] {
    return this.#memory.zone.zone;
  }

  get up(): InstanceScore['up'] {
    return upOf(this.#memory);
  }

  get score(): number | null {
    return this.#last.assessment.score;
  }

  get smoothed(): number | null {
    return this.#memory.smoothing.value;
  }

  get levels(): readonly LevelScore[] {
    return this.#last.assessment.levels;
  }

  get joinedAt(): number | null {
    return this.#memory.joinedAt;
  }

  get at(): number {
    return this.#memory.at;
  }

  /** Hash of the policy that judged. */
  get policy(): string {
    return this.#last.policy;
  }
}
