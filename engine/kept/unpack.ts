/** From the numbers of an instance to what the pipeline reads. */
import type { InstanceMemory, LastEvaluation } from '../memory.js';
import type { Assessment, Judgement } from '../model.js';
import type { JudgeMemory, MetricMemory } from '../score/index.js';
import type { LevelScore } from '../client/index.js';
import { head, own, type MetricPlace } from './layout.js';
import type { Objects, Place } from './place.js';
import {
  absenceIn,
  hasBurst,
  hasHeld,
  isBlackout,
  isDown,
  isStale,
  movesIn,
  rawsIn,
  remembers,
  samplesIn,
  statusIn,
  streakIn,
  zoneIn,
} from './state.js';

/** The array is typed, so a cell of a place is always there; NaN stands for what is not. */
export const numberAt = (numbers: Float64Array, at: number): number => numbers[at] ?? Number.NaN;
export const nullableAt = (numbers: Float64Array, at: number): number | null => {
  const value = numberAt(numbers, at);
  return Number.isNaN(value) ? null : value;
};

const judgementAt = ({ metric, at }: MetricPlace, { numbers, from }: Place): Judgement => {
  const base = from + at;
  const state = numberAt(numbers, base + own.state);
  return {
    name: metric.name,
    metric,
    value: nullableAt(numbers, base + own.value),
    sampledAt: nullableAt(numbers, base + own.sampledAt),
    status: statusIn(state),
    absence: absenceIn(state),
    since: nullableAt(numbers, base + own.since),
    penalty: nullableAt(numbers, base + own.penalty),
    pointsLost: numberAt(numbers, base + own.pointsLost),
    moving: movesIn(state),
  };
};

/** Good until the place is written anew: read while nobody else had a turn. */
export const judgementsAt = (place: Place): readonly Judgement[] =>
  place.layout.metrics.map((metric) => judgementAt(metric, place));

const none: readonly number[] = [];

const gaugeAt = (numbers: Float64Array, at: number, samples: number): readonly number[] => {
  if (samples === 0) return none;
  const [value, time] = [numberAt(numbers, at), numberAt(numbers, at + 1)];
  if (samples === 1) return [value, time];
  const [second, secondTime] = [numberAt(numbers, at + 2), numberAt(numbers, at + 3)];
  if (samples === 2) return [value, time, second, secondTime];
  return [value, time, second, secondTime, numberAt(numbers, at + 4), numberAt(numbers, at + 5)];
};

const memoryAt = ({ metric, at, held, burst, samples }: MetricPlace, { numbers, from }: Place): MetricMemory => {
  const state = numberAt(numbers, from + at + own.state);
  return {
    name: metric.name,
    samples: gaugeAt(numbers, from + samples, samplesIn(state)),
    burst: hasBurst(state)
      ? { penalty: numberAt(numbers, from + burst), at: numberAt(numbers, from + burst + 1) }
      : null,
    judged: hasHeld(state)
      ? {
          value: nullableAt(numbers, from + held),
          penalty: numberAt(numbers, from + held + 1),
          sampledAt: nullableAt(numbers, from + held + 2),
        }
      : null,
    since: nullableAt(numbers, from + at + own.since),
  };
};

const rawAt = (numbers: Float64Array, from: number, raws: number): readonly number[] => {
  if (raws === 0) return none;
  const first = numberAt(numbers, from + head.raw);
  return raws === 1 ? [first] : [first, numberAt(numbers, from + head.rawAfter)];
};

/** What the last evaluation came to; its judgements are made of the numbers when somebody asks, which is seldom. */
class KeptAssessment implements Assessment {
  readonly coverage: number;
  readonly score: number | null;
  readonly down: boolean;
  readonly #place: Place;
  /** The evaluation that it is of. */
  readonly #evaluation: number;
  #judgements: readonly Judgement[] | null = null;

  constructor(
    place: Place,
    readonly levels: readonly LevelScore[],
  ) {
    const { numbers, from } = place;
    this.#place = place;
    this.#evaluation = numberAt(numbers, from + head.evaluation);
    this.coverage = numberAt(numbers, from + head.coverage);
    this.score = nullableAt(numbers, from + head.score);
    this.down = isDown(numberAt(numbers, from + head.state));
  }

  get judgements(): readonly Judgement[] {
    if (this.#judgements !== null) return this.#judgements;
    const { numbers, from } = this.#place;
    if (numbers[from + head.evaluation] !== this.#evaluation)
      throw new Error('an assessment was asked for its judgements after the next evaluation was kept');
    return (this.#judgements = judgementsAt(this.#place));
  }
}

const lastAt = (place: Place, { instance, levels }: Readonly<Objects>): LastEvaluation => {
  const { numbers, from, layout } = place;
  const state = numberAt(numbers, from + head.state);
  return {
    instance,
    assessment: new KeptAssessment(place, levels),
    blackout: isBlackout(state),
    stale: isStale(state),
    requests: nullableAt(numbers, from + head.requests),
    requestsSince: numberAt(numbers, from + head.requestsSince),
    inFlight: nullableAt(numbers, from + head.inFlight),
    policy: layout.policy.hash,
    intervalMs: numberAt(numbers, from + head.intervalMs),
  };
};

const metricsAt = (place: Place): JudgeMemory => {
  const { numbers, from, layout } = place;
  return remembers(numberAt(numbers, from + head.state)) ? layout.metrics.map((metric) => memoryAt(metric, place)) : [];
};

export const unpack = (place: Place, objects: Readonly<Objects>): InstanceMemory => {
  const { numbers, from } = place;
  const state = numberAt(numbers, from + head.state);
  return {
    firstSeen: numberAt(numbers, from + head.firstSeen),
    joinedAt: nullableAt(numbers, from + head.joinedAt),
    mark: objects.mark,
    processStartedAt: nullableAt(numbers, from + head.processStartedAt),
    at: numberAt(numbers, from + head.at),
    evaluation: numberAt(numbers, from + head.evaluation),
    up: objects.up,
    metrics: metricsAt(place),
    smoothing: {
      raw: rawAt(numbers, from, rawsIn(state)),
      value: nullableAt(numbers, from + head.smoothed),
      at: numberAt(numbers, from + head.smoothedAt),
    },
    zone: {
      damper: objects.damper,
      zone: zoneIn(state),
      since: numberAt(numbers, from + head.zoneSince),
      streak: {
        zone: streakIn(state),
        count: numberAt(numbers, from + head.streak),
        since: numberAt(numbers, from + head.streakSince),
      },
    },
    settlesUntil: numberAt(numbers, from + head.settlesUntil),
    last: lastAt(place, objects),
  };
};
