/** Many evaluations as one: least, mean and largest of each number, how long in which zone. Pure; merging is associative. */
import type { Zone } from '../client/index.js';
import type { Chunk } from './open-chunks.js';
import type { Judged, Point, PointMetric, PointStatus } from './point.js';

export interface Spread {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

export interface MetricSpread {
  /** Of most evaluations. */
  readonly status: PointStatus;
  readonly value: Spread | null;
  readonly penalty: Spread | null;
}

export interface Aggregate {
  /** Start of the time that it stands for. */
  readonly at: number;
  readonly evaluations: number;
  /** Evaluations by zone, and by whether the process was up. */
  readonly zones: Readonly<Record<Zone, number>>;
  readonly ups: Readonly<Record<Point['up'], number>>;
  readonly raw: Spread | null;
  readonly smoothed: Spread | null;
  /** Means. */
  readonly levels: Point['levels'];
  /** In the order of {@link Judged.metrics}. */
  readonly metrics: readonly MetricSpread[];
}

/** Aggregates of one policy and one set of metrics. */
export interface AggregateRun {
  readonly judged: Judged;
  readonly aggregates: readonly Aggregate[];
}

const still = (value: number | null): Spread | null =>
  value === null || !Number.isFinite(value) ? null : { min: value, mean: value, max: value };

const metricOf = ({ status, value, penalty }: PointMetric): MetricSpread => {
  return { status, value: still(value), penalty: still(penalty) };
};

/** A single evaluation. */
export const aggregateOf = ({ at, zone, up, raw, smoothed, levels, metrics }: Point): Aggregate => ({
  at,
  evaluations: 1,
  zones: { green: 0, yellow: 0, red: 0, unknown: 0, [zone]: 1 },
  ups: { up: 0, down: 0, unknown: 0, [up]: 1 },
  raw: still(raw),
  smoothed: still(smoothed),
  levels,
  metrics: metrics.map(metricOf),
});

/** `n` and `m`: how many evaluations each stands for. */
const joined = (a: Spread | null, b: Spread | null, n: number, m: number): Spread | null => {
  if (a === null || b === null) return a ?? b;
  return {
    min: Math.min(a.min, b.min),
    mean: (a.mean * n + b.mean * m) / (n + m),
    max: Math.max(a.max, b.max),
  };
};

const meanOf = (a: number | null, b: number | null, n: number, m: number): number | null =>
  a === null || b === null ? (a ?? b) : (a * n + b * m) / (n + m);

/** Both as one that begins where the first does. Both are of the same metrics. */
export const merge = (a: Aggregate, b: Aggregate): Aggregate => {
  const [n, m] = [a.evaluations, b.evaluations];
  const level = (name: keyof Point['levels']): number | null => meanOf(a.levels[name], b.levels[name], n, m);
  return {
    at: a.at,
    evaluations: n + m,
    zones: {
      green: a.zones.green + b.zones.green,
      yellow: a.zones.yellow + b.zones.yellow,
      red: a.zones.red + b.zones.red,
      unknown: a.zones.unknown + b.zones.unknown,
    },
    ups: {
      up: a.ups.up + b.ups.up,
      down: a.ups.down + b.ups.down,
      unknown: a.ups.unknown + b.ups.unknown,
    },
    raw: joined(a.raw, b.raw, n, m),
    smoothed: joined(a.smoothed, b.smoothed, n, m),
    levels: { app: level('app'), system: level('system'), gateway: level('gateway') },
    metrics: a.metrics.map((own, i) => {
      const other = b.metrics[i] ?? own;
      return {
        status: n >= m ? own.status : other.status,
        value: joined(own.value, other.value, n, m),
        penalty: joined(own.penalty, other.penalty, n, m),
      };
    }),
  };
};

/** Start of the step that a time lies in; steps begin at the epoch. */
export const stepOf = (at: number, stepMs: number): number => Math.floor(at / stepMs) * stepMs;

/** One aggregate for each step that is not empty, oldest first; `stepMs` 0 leaves all as they are. */
export const gather = (aggregates: Iterable<Aggregate>, stepMs: number): Aggregate[] => {
  if (stepMs === 0) return [...aggregates];
  const steps = new Map<number, Aggregate>();
  for (const each of aggregates) {
    const at = stepOf(each.at, stepMs);
    const before = steps.get(at);
    steps.set(at, before === undefined ? { ...each, at } : merge(before, each));
  }
  return [...steps.values()].sort((a, b) => a.at - b.at);
};

const sameMetrics = (a: Judged, b: Judged): boolean =>
  a.policy === b.policy && a.metrics.length === b.metrics.length && a.metrics.every((name, i) => name === b.metrics[i]);

/** One run for each policy and set of metrics. */
const runsOf = (runs: readonly AggregateRun[]): readonly AggregateRun[] => {
  const joinedRuns: { judged: Judged; aggregates: Aggregate[] }[] = [];
  for (const { judged, aggregates } of runs) {
    const same = joinedRuns.find((run) => sameMetrics(run.judged, judged));
    if (same) same.aggregates.push(...aggregates);
    else joinedRuns.push({ judged, aggregates: [...aggregates] });
  }
  return joinedRuns;
};

/** What runs come to by a coarser step. */
export const coarser = (runs: readonly AggregateRun[], stepMs: number): readonly AggregateRun[] =>
  runsOf(runs).map(({ judged, aggregates }) => ({ judged, aggregates: gather(aggregates, stepMs) }));

export const runOf = ({ judged, points }: Chunk): AggregateRun => ({ judged, aggregates: points.map(aggregateOf) });
