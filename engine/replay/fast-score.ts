/**
 * The score of a recorded point, for the millions of them: the same numbers as `score/judge.ts` and `score/assess.ts` give,
 * to the last bit, without an object for each metric. A property test holds it to them. Policies with an expression, or
 * with a metric that counts without a value, go through the pipeline itself.
 */
import { levels, type MetricPolicy, type ServicePolicy } from '../../config/index.js';
import { needsTraffic } from '../score/index.js';
import { statusCode } from '../store/index.js';
import type { Input } from './feed.js';

/** As `score/exact.ts`, `score/level.ts` and `score/assess.ts` have them. */
const grid = 2 ** 20;
const onGrid = (points: number): number => Math.round(points * grid) / grid;
const systemFloor = 50;
const rounding = 1e-9;

const { judged, 'too-little-traffic': quiet, 'never-exposed': never } = statusCode;

interface Metric {
  readonly place: number;
  readonly good: number;
  readonly band: number;
  readonly weight: number;
  readonly cap: number;
  readonly up: boolean;
  readonly traffic: boolean;
  readonly dryRun: boolean;
  /** 0: none. */
  readonly halfLifeMs: number;
}

interface LevelPlan {
  readonly name: (typeof levels)[number];
  readonly weight: number;
  /** Of the metrics that count. */
  readonly metrics: readonly Metric[];
}

const metricOf = (metric: MetricPolicy, place: number): Metric => ({
  place,
  good: metric.good,
  band: metric.critical - metric.good,
  weight: metric.weight,
  cap: metric.cap ?? 100,
  up: metric.source.kind === 'up',
  traffic: needsTraffic(metric),
  dryRun: metric.dryRun,
  halfLifeMs: metric.curve.kind === 'decay' ? metric.curve.halfLifeMs : 0,
});

/** Stands for "no penalty": a NaN would cost a comparison more. */
const none = -1;

export class FastScore {
  static fits({ metrics }: ServicePolicy): boolean {
    return metrics.every(({ curve, noData }) => curve.kind !== 'expression' && noData.kind === 'skip');
  }

  readonly #policy: ServicePolicy;
  readonly #all: readonly Metric[];
  readonly #levels: readonly LevelPlan[];
  readonly #critical: number;
  readonly #enough: number;
  readonly #mean: boolean;
  /** Of each metric: its penalty at this point, what is held of it, and its burst. */
  readonly penalties: Float64Array;
  readonly #held: Float64Array;
  readonly #burst: Float64Array;
  readonly #burstAt: Float64Array;
  /** Of the level that was scored last. */
  #coverage = 0;
  #score = Number.NaN;

  constructor(policy: ServicePolicy) {
    const { scoring, metrics } = policy;
    this.#policy = policy;
    this.#all = metrics.map(metricOf);
    this.#levels = levels
      .map((name) => ({
        name,
        weight: scoring.levelWeights[name],
        metrics: this.#all.filter(({ place, dryRun }) => metrics[place]?.level === name && !dryRun),
      }))
      .filter((level) => level.metrics.length > 0);
    this.#critical = scoring.zones.criticalScore;
    this.#enough = scoring.zones.minCoverage - rounding;
    this.#mean = scoring.combine === 'mean';
    const numbers = (): Float64Array => new Float64Array(metrics.length).fill(none);
    [this.penalties, this.#held, this.#burst, this.#burstAt] = [numbers(), numbers(), numbers(), numbers()];
  }

  /** Another process: nothing of before counts. */
  forget(): void {
    this.#held.fill(none);
    this.#burst.fill(none);
  }

  /** A new story of its traffic begins. */
  forgetTraffic(): void {
    for (const { place, traffic } of this.#all) if (traffic) this.#held[place] = this.#burst[place] = none;
  }

  /** NaN: not enough data to judge. */
  score(input: Input): number {
    let down = false;
    for (const metric of this.#all) {
      const penalty = this.#penaltyOf(metric, input);
      this.penalties[metric.place] = penalty;
      if (metric.up && penalty === 1 && !metric.dryRun) down = true;
    }
    return this.#combine(input, down);
  }

  #combine(input: Input, down: boolean): number {
    let [weights, covered, scores, sum, worst] = [0, 0, 0, 0, Infinity];
    for (const level of this.#levels) {
      this.#scoreLevel(level, input);
      weights += level.weight;
      covered += this.#coverage * level.weight;
      if (Number.isNaN(this.#score)) continue;
      scores += level.weight;
      sum += this.#score * level.weight;
      if (this.#score < worst) worst = this.#score;
    }
    const coverage = weights === 0 ? 0 : covered / weights;
    if (!down && coverage < this.#enough) return Number.NaN;
    if (this.#mean && !down) return scores === 0 ? Number.NaN : onGrid(sum / scores);
    return worst === Infinity ? Number.NaN : worst;
  }

  #penaltyOf(metric: Metric, input: Input): number {
    const { place, traffic, up } = metric;
    if (input.out && traffic && this.#held[place] !== none) return this.#held[place] ?? none;
    const status = input.statuses[place];
    const value = up ? input.up : (input.values[place] ?? Number.NaN);
    if (up ? Number.isNaN(value) : status !== judged) {
      if (status !== quiet || up) return none;
      this.#held[place] = none;
      return 0;
    }
    const linear = Math.min(1, Math.max(0, (value - metric.good) / metric.band));
    const penalty = metric.halfLifeMs > 0 ? this.#decayed(metric, linear, input.at) : linear;
    if (traffic) this.#held[place] = penalty;
    return penalty;
  }

  #decayed({ place, halfLifeMs }: Metric, linear: number, at: number): number {
    const burst = this.#burst[place] ?? none;
    const passed = Math.max(0, at - (this.#burstAt[place] ?? 0));
    const penalty = burst === none ? linear : Math.max(linear, burst * 2 ** (-passed / halfLifeMs));
    this.#burst[place] = penalty;
    this.#burstAt[place] = at;
    return penalty;
  }

  #scoreLevel({ name, metrics }: LevelPlan, { statuses }: Input): void {
    let [all, scored, counted, covered, lost, cap] = [0, 0, 0, 0, 0, 100];
    let isDown = false;
    for (const metric of metrics) {
      const penalty = this.penalties[metric.place] ?? none;
      if (penalty === none) {
        if (!metric.up && statuses[metric.place] === never) continue;
        all += metric.weight;
        counted += 1;
        continue;
      }
      all += metric.weight;
      counted += 1;
      covered += 1;
      scored += metric.weight;
      lost += penalty * metric.weight;
      const at = metric.cap < 100 ? onGrid(100 - penalty * (100 - metric.cap)) : 100;
      if (at < cap) cap = at;
      if (metric.up && penalty > 0) isDown = true;
    }
    this.#coverage = covered === counted ? (counted === 0 ? 0 : 1) : all === 0 ? covered / counted : scored / all;
    if (covered === 0) {
      this.#score = Number.NaN;
      return;
    }
    const weighted = 100 - (scored === 0 ? 0 : onGrid((100 * lost) / scored));
    const floor = name === 'system' && !isDown ? Math.max(systemFloor, this.#critical) : 0;
    this.#score = Math.max(floor, Math.min(weighted, cap));
  }

  /** The metric that costs most at the last point: by its ceiling, where that binds, else by its points. */
  worst(): string | null {
    let [most, name]: [number, string | null] = [0, null];
    for (const level of this.#levels) {
      const total = level.metrics.reduce(
        (sum, { place, weight }) => sum + (this.penalties[place] === none ? 0 : weight),
        0,
      );
      for (const { place, weight, cap } of level.metrics) {
        const penalty = Math.max(0, this.penalties[place] ?? 0);
        const points = Math.max(penalty * (100 - cap), total === 0 ? 0 : (100 * penalty * weight) / total);
        if (points > most) [most, name] = [points, this.#policy.metrics[place]?.name ?? null];
      }
    }
    return name;
  }
}
