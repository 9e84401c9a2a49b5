/** From recorded points to what a candidate judges: values and absences in the order of its own metrics. */
import type { MetricPolicy, ServicePolicy } from '../../config/index.js';
import { isGauge } from '../score/index.js';
import { statusCode, upCode, upWords, type MetricColumns, type Stretch } from '../store/index.js';
import { isDerived } from './answerable.js';
import type { PastMetric, PastPolicy } from './recorded-policy.js';

/** One point, filled anew for each. */
export interface Input {
  at: number;
  /** Another process, or the first that was seen of it: nothing of before counts. */
  anew: boolean;
  /** Its first samples, which do not count. */
  blackout: boolean;
  /** Out of rotation: what depends on traffic is held. */
  out: boolean;
  /** 1 up, 0 down, NaN not known then. */
  up: number;
  /** By metric of the candidate: `judged`, or why there is no value. */
  readonly statuses: Uint8Array;
  readonly values: Float64Array;
}

const { judged, held, missing } = statusCode;

/**
 * A gauge is judged by the best of its last three samples, and so recorded. Where all three were beyond a threshold then,
 * any of them was as good as the others, the newest was recorded, and the best by other thresholds is among the last three
 * recorded. Within the thresholds the recorded value is the best by any that point the same way.
 */
class Gauge {
  readonly #good: number;
  readonly #band: number;
  readonly #horizonMs: number;
  #side = -1;
  /** The last two that were beyond the same threshold; NaN: none. */
  #one = Number.NaN;
  #other = Number.NaN;
  #at = -Infinity;

  constructor({ good, critical }: PastMetric, horizonMs: number) {
    this.#good = good;
    this.#band = critical - good;
    this.#horizonMs = horizonMs;
  }

  best(value: number, at: number): number {
    const linear = (value - this.#good) / this.#band;
    const side = linear <= 0 ? 0 : linear >= 1 ? 1 : -1;
    if (side !== this.#side || side < 0 || at - this.#at > this.#horizonMs) this.#one = this.#other = Number.NaN;
    this.#side = side;
    this.#at = at;
    if (side < 0) return value;
    const best = this.#better(this.#better(value, this.#one), this.#other);
    if (value !== this.#other) {
      this.#one = this.#other;
      this.#other = value;
    }
    return best;
  }

  #better(value: number, than: number): number {
    if (Number.isNaN(than)) return value;
    return this.#band > 0 === value < than ? value : than;
  }
}

/** Where a metric of the candidate finds its values in a chunk. */
type Source =
  | { readonly kind: 'up' }
  | { readonly kind: 'derived' }
  | { readonly kind: 'column'; readonly place: number; readonly gauge: Gauge | null }
  | { readonly kind: 'nowhere' };

interface Layout {
  readonly policy: string;
  readonly metrics: readonly string[];
  readonly sources: readonly Source[];
  /** Places of metrics that are held only while their instance is out of rotation. */
  readonly tellOut: readonly number[];
}

/** The points of one instance, one after the other. */
export class Feed {
  readonly input: Input;
  readonly #candidate: ServicePolicy;
  #layout: Layout | null = null;
  #blackoutSince: number | null = null;
  #fresh = true;

  constructor(
    candidate: ServicePolicy,
    private readonly policies: ReadonlyMap<string, PastPolicy>,
  ) {
    this.#candidate = candidate;
    const { length } = candidate.metrics;
    const arrays = { statuses: new Uint8Array(length), values: new Float64Array(length) };
    this.input = { at: 0, anew: true, blackout: false, out: false, up: Number.NaN, ...arrays };
  }

  /** Point `i` of a part. */
  read(part: Stretch, i: number): Input {
    const layout = this.#layoutOf(part);
    const { input } = this;
    const { columns } = part;
    input.at = columns.times[i] ?? 0;
    input.anew = this.#fresh;
    this.#fresh = false;
    this.#readBlackout(columns.raw[i] ?? Number.NaN, columns.smoothed[i] ?? Number.NaN);
    input.out = layout.tellOut.some((place) => columns.metrics[place]?.statuses[i] === held);
    const up = upWords[upCode(columns.states[i] ?? 0)];
    input.up = up === 'up' ? 1 : up === 'down' ? 0 : Number.NaN;
    for (let metric = 0; metric < layout.sources.length; metric += 1) {
      const source = layout.sources[metric];
      if (source) this.#readMetric(source, columns.metrics, metric, i);
    }
    return input;
  }

  /** A score that nothing was smoothed from was made while nothing counted yet. */
  #readBlackout(raw: number, smoothed: number): void {
    const { input } = this;
    const recorded = !Number.isNaN(raw) && Number.isNaN(smoothed);
    if (recorded && this.#blackoutSince === null) {
      this.#blackoutSince = input.at;
      input.anew = true;
    }
    const since = this.#blackoutSince;
    input.blackout = since !== null && input.at < since + this.#candidate.scoring.blackoutMs;
    if (!recorded && !input.blackout) this.#blackoutSince = null;
  }

  #readMetric(source: Source, metrics: readonly MetricColumns[], metric: number, i: number): void {
    const { statuses, values, at, out } = this.input;
    if (source.kind !== 'column') {
      statuses[metric] = source.kind === 'derived' ? judged : missing;
      values[metric] = 0;
      return;
    }
    const column = metrics[source.place];
    let status = column?.statuses[i] ?? missing;
    // What was held for want of a value is not there; what was held while out of rotation is held by the candidate too.
    if (status === held) status = out ? judged : missing;
    const value = column?.values[i] ?? Number.NaN;
    if (status === judged && Number.isNaN(value)) status = missing;
    statuses[metric] = status;
    values[metric] = status === judged && source.gauge !== null ? source.gauge.best(value, at) : value;
  }

  #layoutOf({ policy, metrics }: Stretch): Layout {
    const known = this.#layout;
    if (
      known?.policy === policy &&
      known.metrics.length === metrics.length &&
      metrics.every((name, i) => name === known.metrics[i])
    )
      return known;
    const past = this.policies.get(policy);
    const pastMetrics = new Map(past?.metrics.map((metric) => [metric.name, metric]));
    const tellOut = metrics.flatMap((name, place) => (tellsOut(pastMetrics.get(name)) ? [place] : []));
    const sources = this.#candidate.metrics.map((metric) =>
      this.#sourceOf(metric, metrics, pastMetrics.get(metric.name)),
    );
    return (this.#layout = { policy, metrics, sources, tellOut });
  }

  #sourceOf(metric: MetricPolicy, names: readonly string[], past: PastMetric | undefined): Source {
    if (metric.source.kind === 'up') return { kind: 'up' };
    if (isDerived(metric)) return { kind: 'derived' };
    const place = names.indexOf(metric.name);
    if (place < 0 || past === undefined) return { kind: 'nowhere' };
    const { scoring, scrape } = this.#candidate;
    const horizonMs = (scoring.staleIntervals + 1) * scrape.intervalMs;
    return { kind: 'column', place, gauge: isGauge(metric) ? new Gauge(past, horizonMs) : null };
  }
}

const tellsOut = (past: PastMetric | undefined): boolean => {
  if (past === undefined || past.noData?.kind === 'hold') return false;
  const { kind } = past.source;
  return kind === 'ratio' || kind === 'stall' || (past.minTraffic ?? null) !== null;
};
