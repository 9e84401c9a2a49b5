/** Many evaluations as one: least, mean and largest of each number, how long in which zone. Pure. */
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

/** Numbers that come to one spread; each counts as often as its aggregate has evaluations. */
const spreadOf = (all: readonly Aggregate[], of: (each: Aggregate) => Spread | null | undefined): Spread | null => {
  let [min, max, sum, count] = [Infinity, -Infinity, 0, 0];
  for (const each of all) {
    const spread = of(each);
    if (!spread) continue;
    min = Math.min(min, spread.min);
    max = Math.max(max, spread.max);
    sum += spread.mean * each.evaluations;
    count += each.evaluations;
  }
  // Of equal numbers the mean is that number, whatever the sum's last digit says.
  return count === 0 ? null : { min, mean: min === max ? min : sum / count, max };
};

const meanOf = (all: readonly Aggregate[], of: (each: Aggregate) => number | null): number | null => {
  let [sum, count] = [0, 0];
  for (const each of all) {
    const value = of(each);
    if (value === null) continue;
    sum += value * each.evaluations;
    count += each.evaluations;
  }
  return count === 0 ? null : sum / count;
};

const countOf = (all: readonly Aggregate[], of: (each: Aggregate) => number): number => {
  let count = 0;
  for (const each of all) count += of(each);
  return count;
};

/** The status of most evaluations. */
const statusOf = (all: readonly Aggregate[], place: number): PointStatus => {
  const counts = new Map<PointStatus, number>();
  for (const { metrics, evaluations } of all) {
    const status = metrics[place]?.status;
    if (status !== undefined) counts.set(status, (counts.get(status) ?? 0) + evaluations);
  }
  return [...counts].reduce<[PointStatus, number]>(
    (most, each) => (each[1] > most[1] ? each : most),
    ['missing', 0],
  )[0];
};

/** All as one that begins where the first does. All are of the same metrics. */
export const together = (all: readonly Aggregate[]): Aggregate => {
  const [first] = all;
  if (first === undefined) throw new RangeError('nothing to put together');
  if (all.length === 1) return first;
  return {
    at: first.at,
    evaluations: countOf(all, ({ evaluations }) => evaluations),
    zones: {
      green: countOf(all, ({ zones }) => zones.green),
      yellow: countOf(all, ({ zones }) => zones.yellow),
      red: countOf(all, ({ zones }) => zones.red),
      unknown: countOf(all, ({ zones }) => zones.unknown),
    },
    ups: {
      up: countOf(all, ({ ups }) => ups.up),
      down: countOf(all, ({ ups }) => ups.down),
      unknown: countOf(all, ({ ups }) => ups.unknown),
    },
    raw: spreadOf(all, ({ raw }) => raw),
    smoothed: spreadOf(all, ({ smoothed }) => smoothed),
    levels: {
      app: meanOf(all, ({ levels }) => levels.app),
      system: meanOf(all, ({ levels }) => levels.system),
      gateway: meanOf(all, ({ levels }) => levels.gateway),
    },
    metrics: first.metrics.map((_, place) => ({
      status: statusOf(all, place),
      value: spreadOf(all, ({ metrics }) => metrics[place]?.value),
      penalty: spreadOf(all, ({ metrics }) => metrics[place]?.penalty),
    })),
  };
};

/** Start of the step that a time lies in; steps begin at the epoch. */
export const stepOf = (at: number, stepMs: number): number => Math.floor(at / stepMs) * stepMs;

/** One aggregate for each step that is not empty, oldest first; `stepMs` 0 leaves all as they are. */
export const gather = (aggregates: Iterable<Aggregate>, stepMs: number): Aggregate[] => {
  if (stepMs === 0) return [...aggregates];
  const steps = new Map<number, Aggregate[]>();
  for (const each of aggregates) {
    const at = stepOf(each.at, stepMs);
    const before = steps.get(at);
    if (before) before.push(each);
    else steps.set(at, [each]);
  }
  return [...steps].map(([at, all]) => ({ ...together(all), at })).sort((a, b) => a.at - b.at);
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
