/** What history keeps of one evaluation: enough to draw it, to explain it again, and to judge it by another policy. */
import type { Absence, InstanceScore, LevelScore, MetricScore, Zone } from '../client/index.js';

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

/** What of a score history keeps. */
export type Evaluated = Pick<
  InstanceScore,
  'service' | 'instance' | 'policy' | 'at' | 'zone' | 'up' | 'score' | 'smoothed'
> & { readonly levels: readonly Pick<LevelScore, 'level' | 'score'>[] };

export const judgedOf = (score: Evaluated, metrics: readonly JudgedMetric[]): Judged => ({
  service: score.service,
  instance: score.instance,
  policy: score.policy,
  metrics: metrics.map((metric) => metric.name),
});
