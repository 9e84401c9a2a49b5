/** What history keeps of one evaluation: enough to draw it, to explain it again, and to judge it by another policy. */
import type { Absence, InstanceScore, MetricScore, Zone } from '../client/index.js';

export type PointStatus = 'judged' | 'held' | Absence;

export interface PointMetric {
  readonly value: number | null;
  readonly penalty: number | null;
  readonly status: PointStatus;
}

export interface Point {
  readonly at: number;
  readonly zone: Zone;
  readonly up: InstanceScore['up']['state'];
  readonly raw: number | null;
  readonly smoothed: number | null;
  readonly levels: { readonly app: number | null; readonly system: number | null; readonly gateway: number | null };
  /** In the order of {@link Judged.metrics}. */
  readonly metrics: readonly PointMetric[];
}

/** Who was judged by what: all points of one chunk share it. */
export interface Judged {
  readonly service: string;
  readonly instance: string;
  /** Policy hash. */
  readonly policy: string;
  readonly metrics: readonly string[];
}

/** One metric as it was judged. */
export type JudgedMetric = Pick<MetricScore, 'name' | 'value' | 'penalty' | 'status' | 'absence'>;

export const judgedOf = (score: InstanceScore, metrics: readonly JudgedMetric[]): Judged => ({
  service: score.service,
  instance: score.instance,
  policy: score.policy,
  metrics: metrics.map((metric) => metric.name),
});

const unscored: { app: number | null; system: number | null; gateway: number | null } = {
  app: null,
  system: null,
  gateway: null,
};

export const pointOf = (score: InstanceScore, metrics: readonly JudgedMetric[]): Point => {
  const levels = { ...unscored };
  for (const { level, score: own } of score.levels) levels[level] = own;
  return {
    at: score.at,
    zone: score.zone,
    up: score.up.state,
    raw: score.score,
    smoothed: score.smoothed,
    levels,
    metrics: metrics.map(({ value, penalty, status, absence }) => ({
      value,
      penalty,
      // Of what `no_data` holds the reason is kept: with a value beside it, it was held for it.
      status: absence ?? (status === 'absent' ? 'missing' : status),
    })),
  };
};
