/** How a replay judges: the contract of both ways to do it, and the way that is the pipeline itself. */
import type { MetricName, ServicePolicy } from '../../config/index.js';
import type { RotationMark, Zone } from '../client/index.js';
import { newcomer, type InstanceMemory } from '../memory.js';
import type { Instance, Observation, Reading } from '../model.js';
import { evaluate } from '../pipeline.js';
import { standIn } from '../stand-in.js';
import { causesOf, peersOf, resultsOf } from '../score/index.js';
import { statusCode } from '../store/index.js';
import { expireZone } from '../zone/index.js';
import type { Input } from './feed.js';

/** The candidate's judgement of one instance, point after point. */
export interface Judge {
  readonly zone: Zone;
  /** Null: not enough data to judge. */
  readonly score: number | null;
  readonly smoothed: number | null;
  step(input: Input): void;
  /** Nothing was recorded for so long that the score expired, at `at`. */
  expire(at: number): void;
  /** The metric that costs most at the last point; null: none does. */
  cause(): string | null;
}

const absences = new Map<number, Exclude<keyof typeof statusCode, 'judged' | 'held'>>();
for (const [word, code] of Object.entries(statusCode))
  if (word !== 'judged' && word !== 'held')
    absences.set(code, word as Exclude<keyof typeof statusCode, 'judged' | 'held'>);

const readingOf = ({ statuses, values, at }: Input, metric: number): Reading => {
  const absence = absences.get(statuses[metric] ?? 0);
  return absence === undefined
    ? { kind: 'value', value: values[metric] ?? Number.NaN, sampledAt: at }
    : { kind: 'absent', absence, since: at };
};

/** Through the pipeline: for every policy, and what the fast way is tested against. */
export class PipelineJudge implements Judge {
  readonly #policy: ServicePolicy;
  readonly #instance: Instance;
  #memory: InstanceMemory | null = null;
  #mark: RotationMark | null = null;

  constructor(policy: ServicePolicy) {
    this.#policy = policy;
    this.#instance = standIn(policy);
  }

  get zone(): Zone {
    return this.#memory?.zone.zone ?? 'unknown';
  }

  get score(): number | null {
    return this.#memory?.last?.assessment.score ?? null;
  }

  get smoothed(): number | null {
    return this.#memory?.smoothing.value ?? null;
  }

  step(input: Input): void {
    const { at } = input;
    if (input.out && this.#mark?.state !== 'out') this.#mark = { state: 'out', since: at };
    if (!input.out && this.#mark?.state === 'out') this.#mark = { state: 'in', since: at };
    const known =
      input.anew || this.#memory === null ? newcomer(input.blackout ? at : null, this.#mark, at) : this.#memory;
    // What was recorded is the best of the last three samples already.
    const metrics = known.metrics.map((each) => (each.samples.length > 0 ? { ...each, samples: [] } : each));
    // When a score expires is said by whoever knows which scrapes were lost.
    this.#memory = evaluate({ ...known, metrics, at }, this.#observation(input), this.#mark, this.#policy, at);
  }

  expire(at: number): void {
    const memory = this.#memory;
    if (memory) this.#memory = { ...memory, zone: expireZone(memory.zone, at) };
  }

  cause(): string | null {
    const assessment = this.#memory?.last?.assessment;
    return assessment
      ? (causesOf(
          assessment,
          peersOf(() => resultsOf([])),
          false,
        )[0]?.name ?? null)
      : null;
  }

  #observation(input: Input): Observation {
    const readings = new Map<MetricName, Reading>();
    this.#policy.metrics.forEach(({ name, source }, i) => {
      if (source.kind !== 'up') readings.set(name, readingOf(input, i));
    });
    const last = input.up === 1 ? 'answered' : input.up === 0 ? 'refused' : 'none';
    return {
      instance: this.#instance,
      readings,
      up: { last, inARow: 1, missed: 0, at: input.at, why: '' },
      requests: null,
      inFlight: null,
      processStartedAt: null,
      moving: new Set(),
    };
  }
}
