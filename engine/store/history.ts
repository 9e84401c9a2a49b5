import type { Zone } from '../client/index.js';
import { allMetrics, lastRowUntil, type Wanted } from './codec.js';
import type { Chunk } from './open-chunks.js';
import type { Judged, Point } from './point.js';
import { partsOf, type Extent, type Part, type Resolution } from './range.js';
import { aggregateOf, gather, type Aggregate, type AggregateRun, type MetricSpread } from './spread.js';
import type { SeriesRow } from './names.js';
import type { Tables } from './tables.js';
import { HOUR_MS, MINUTE_MS, type TierName } from './tiers.js';

export interface HistoryRange {
  readonly service: string;
  readonly instance: string;
  /** [start, end), epoch milliseconds. */
  readonly start: number;
  readonly end: number;
  /** 0: every evaluation. */
  readonly stepMs: number;
  /** Names; `all`: every one that there is; empty: none. */
  readonly metrics: 'all' | readonly string[];
}

export interface History {
  readonly parts: readonly Part[];
  /** Those that are asked for; the order of each aggregate's metrics. */
  readonly metrics: readonly string[];
  /** Every metric that was judged in that range. */
  readonly known: readonly string[];
  readonly aggregates: readonly Aggregate[];
}

/** How an instance was at a time, as it was judged; of a minute or an hour its means. */
export interface Moment {
  readonly resolution: Resolution;
  readonly judged: Judged;
  readonly point: Point;
  readonly evaluations: number;
}

export interface HistorySource {
  readonly tables: Tables | null;
  /** Chunks that are not on disk yet, oldest first. */
  readonly pending: (service: string, instance: string) => readonly Chunk[];
  readonly damaged: (error: unknown) => void;
}

const firstOf = (chunks: readonly Chunk[]): number | null => chunks[0]?.points[0]?.at ?? null;

/** What is known of one instance's past, from disk and memory. Its methods may throw SqliteError. */
export class Past {
  readonly #source: HistorySource;
  readonly #series: SeriesRow | null;
  readonly #pending: readonly Chunk[];

  constructor(source: HistorySource, service: string, instance: string) {
    this.#source = source;
    this.#series = source.tables?.names.find(service, instance) ?? null;
    this.#pending = source.pending(service, instance);
  }

  extent(): Extent {
    const { tables } = this.#source;
    const series = this.#series;
    const tier = (name: TierName) => tables?.tier(name) ?? null;
    return {
      rawFrom: (series && tables?.sealed(series).first) ?? firstOf(this.#pending),
      minuteFrom: series && (tier('minute')?.first(series.id) ?? null),
      hourFrom: series && (tier('hour')?.first(series.id) ?? null),
      minuteUntil: tier('minute')?.until ?? null,
      hourUntil: tier('hour')?.until ?? null,
    };
  }

  /** From the first to the last evaluation that is known of; null: none is. */
  span(): { readonly first: number; readonly last: number } | null {
    const { rawFrom, minuteFrom, hourFrom, minuteUntil } = this.extent();
    const firsts = [rawFrom, minuteFrom, hourFrom].filter((first) => first !== null);
    if (firsts.length === 0) return null;
    const sealed = (this.#series && this.#source.tables?.sealed(this.#series).last) ?? null;
    const last = this.#pending.at(-1)?.points.at(-1)?.at ?? sealed ?? minuteUntil;
    return { first: Math.min(...firsts), last: last ?? Math.max(...firsts) };
  }

  chunks(from: number, to: number, wantedOf?: (judged: Judged) => Wanted): readonly Chunk[] {
    const { tables, damaged } = this.#source;
    const stored = this.#series && tables ? [...tables.readChunks(this.#series, from, to, damaged, wantedOf)] : [];
    return [...stored, ...this.#pending]
      .map(({ judged, points }) => ({ judged, points: points.filter(({ at }) => at >= from && at <= to) }))
      .filter(({ points }) => points.length > 0);
  }

  range({ start, end, stepMs, metrics }: HistoryRange): History {
    const parts = partsOf(start, end, stepMs, this.extent());
    const wantedOf =
      ({ metrics: names }: Judged): Wanted =>
      (place) =>
        metrics === 'all' || metrics.includes(names[place] ?? '');
    const runs = parts.flatMap((part) => this.#runs(part, wantedOf, stepMs));
    const known = [...new Set(runs.flatMap(({ judged }) => judged.metrics))];
    const names = metrics === 'all' ? known : metrics;
    const aligned = runs.flatMap((run) => align(run, names));
    return { parts, metrics: names, known, aggregates: gather(aligned, stepMs) };
  }

  /** The finest that is known of that time; null: nothing. An evaluation speaks for so long after it, or until the next. */
  at(time: number, speaksMs: number): Moment | null {
    const chunk = this.#last(time - speaksMs, time);
    const point = chunk?.points.at(-1);
    if (chunk && point) return { resolution: 'raw', judged: chunk.judged, point, evaluations: 1 };
    return this.#aggregated('minute', time, MINUTE_MS) ?? this.#aggregated('hour', time, HOUR_MS);
  }

  /** The last evaluation of [from, to] alone: of its chunk nothing else is read. */
  #last(from: number, to: number): Chunk | undefined {
    const { tables, damaged } = this.#source;
    const isWithin = ({ at }: Point): boolean => at >= from && at <= to;
    const pending = this.#pending.map((chunk) => ({ ...chunk, points: chunk.points.filter(isWithin) }));
    const series = this.#series;
    const all = () => allMetrics;
    const stored = series && tables ? [...tables.readChunks(series, from, to, damaged, all, lastRowUntil(to))] : [];
    return [...stored, ...pending].findLast(({ points }) => points.some(isWithin));
  }

  #aggregated(name: TierName, time: number, stepMs: number): Moment | null {
    const start = Math.floor(time / stepMs) * stepMs;
    const run = this.#tier(name, start, start + stepMs).at(-1);
    const aggregate = run?.aggregates.at(-1);
    if (run === undefined || aggregate === undefined) return null;
    return { resolution: name, judged: run.judged, point: meanPoint(aggregate), evaluations: aggregate.evaluations };
  }

  #runs({ resolution, from, to }: Part, wantedOf: (judged: Judged) => Wanted, stepMs: number): readonly AggregateRun[] {
    if (resolution !== 'raw') return this.#tier(resolution, from, to, wantedOf, stepMs);
    return this.chunks(from, to - 1, wantedOf).map(({ judged, points }) => {
      return { judged, aggregates: points.map(aggregateOf) };
    });
  }

  #tier(
    name: TierName,
    from: number,
    to: number,
    wantedOf?: (judged: Judged) => Wanted,
    intoMs = 0,
  ): readonly AggregateRun[] {
    const { tables, damaged } = this.#source;
    if (tables === null || this.#series === null) return [];
    return [...tables.tier(name).read(this.#series.id, this.#series, from, to, damaged, wantedOf, intoMs)];
  }
}

const unknownMetric: MetricSpread = { status: 'never-exposed', value: null, penalty: null };

/** Metrics in the order of the names, whatever order they were judged in. */
const align = ({ judged, aggregates }: AggregateRun, names: readonly string[]): readonly Aggregate[] => {
  const places = names.map((name) => judged.metrics.indexOf(name));
  return aggregates.map((each) => {
    return { ...each, metrics: places.map((place) => each.metrics[place] ?? unknownMetric) };
  });
};

const worstFirst: readonly Zone[] = ['red', 'yellow', 'unknown', 'green'];

/** In which it was for the longest; of equals the worse. */
const longest = <K extends string>(counts: Readonly<Record<K, number>>, order: readonly K[], otherwise: K): K =>
  order.reduce((best, each) => (counts[each] > counts[best] ? each : best), order[0] ?? otherwise);

const meanPoint = ({ at, zones, ups, raw, smoothed, levels, metrics }: Aggregate): Point => ({
  at,
  zone: longest(zones, worstFirst, 'unknown'),
  up: longest(ups, ['down', 'unknown', 'up'], 'unknown'),
  raw: raw?.mean ?? null,
  smoothed: smoothed?.mean ?? null,
  levels,
  metrics: metrics.map(({ status, value, penalty }) => {
    return { status, value: value?.mean ?? null, penalty: penalty?.mean ?? null };
  }),
});
