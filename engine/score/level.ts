/**
 * One level's score from its judgements: a weighted mean, then ceilings, then the system level's floor.
 *   weighted = 100 * (1 - sum(p * w) / sum(w));  ceiling = 100 - p * (100 - cap);  score = min(weighted, ceilings)
 * and always 100 - sum(points lost) - the ceiling row = score.
 */
import { levels, type Level, type ZonePolicy } from '../../config/index.js';
import type { LevelScore } from '../client/index.js';
import type { Judgement } from '../model.js';
import { onGrid } from './exact.js';
import { isCovered } from './no-data.js';

/** A noisy or shared node alone must not drain an instance; only a process that is down may. */
const systemFloor = 50;
/** Stands where a metric's name stands otherwise; no metric can be called so. */
const floorName = 'system floor';

const isScored = ({ penalty }: Judgement): boolean => penalty !== null;
const weightOf = (judgements: readonly Judgement[]): number =>
  judgements.reduce((sum, { metric }) => sum + metric.weight, 0);

const isDown = ({ metric, penalty }: Judgement): boolean => metric.source.kind === 'up' && (penalty ?? 0) > 0;

/** Share of the weight with fresh data. A level of which nothing was ever exposed is asked for in vain: nothing of it is known. */
const coverageOf = (counted: readonly Judgement[]): number => {
  const covered = counted.filter(isCovered);
  if (covered.length === counted.length) return counted.length === 0 ? 0 : 1;
  const all = weightOf(counted);
  return all === 0 ? covered.length / counted.length : weightOf(covered) / all;
};

/** Points lost, by name of each metric that loses any. */
type Points = ReadonlyMap<string, number>;
/** Of whoever is well, as most are. */
const noPoints: Points = new Map();

/** Differences of rounded running sums: each point is exact, and together they are never over 100. */
const losePoints = (scored: readonly Judgement[]): { readonly points: Points; readonly weighted: number } => {
  let points: Map<string, number> | null = null;
  const total = weightOf(scored);
  let sum = 0;
  let lost = 0;
  for (const { name, metric, penalty } of scored) {
    const before = lost;
    sum += (penalty ?? 0) * metric.weight;
    lost = total === 0 ? 0 : onGrid((100 * sum) / total);
    if (lost > before) (points ??= new Map()).set(name, lost - before);
  }
  return { points: points ?? noPoints, weighted: 100 - lost };
};

interface Ceiling {
  readonly metric: string;
  readonly at: number;
}

const lowestCeiling = (scored: readonly Judgement[]): Ceiling => {
  let lowest: Ceiling = { metric: '', at: 100 };
  for (const { metric, penalty } of scored) {
    if (metric.cap === null || penalty === null) continue;
    const at = onGrid(100 - penalty * (100 - metric.cap));
    if (at < lowest.at) lowest = { metric: metric.name, at };
  }
  return lowest;
};

const floorOf = (level: Level, scored: readonly Judgement[], zones: ZonePolicy): number =>
  level === 'system' && !scored.some(isDown) ? Math.max(systemFloor, zones.criticalScore) : 0;

export interface LevelResult {
  readonly level: LevelScore;
  readonly points: Points;
}

/** A level that is well, as most are: the same for every instance. */
const wells = new Map(
  levels.map((level): [Level, LevelResult] => [
    level,
    { level: { level, weighted: 100, score: 100, ceiling: null, coverage: 1 }, points: noPoints },
  ]),
);

/** Every metric of it that counts was judged, and loses nothing; undefined: it counts none. */
const isWell = (level: Level, judgements: readonly Judgement[]): boolean | undefined => {
  let counts = false;
  for (const { metric, penalty, absence } of judgements) {
    if (metric.level !== level || metric.dryRun) continue;
    if (penalty !== 0 || absence !== null) return false;
    counts = true;
  }
  return counts ? true : undefined;
};

/** Scores one level. Null where the policy counts no metric of that level. */
export const scoreLevel = (level: Level, judgements: readonly Judgement[], zones: ZonePolicy): LevelResult | null => {
  const well = isWell(level, judgements);
  if (well === undefined) return null;
  const known = well ? wells.get(level) : undefined;
  if (known) return known;
  const asked = judgements.filter(({ metric }) => metric.level === level && !metric.dryRun);
  const counted = asked.filter(({ absence }) => absence !== 'never-exposed');
  const coverage = coverageOf(counted);
  const scored = counted.filter(isScored);
  const { points, weighted } = losePoints(scored);
  if (scored.length === 0) return { level: { level, weighted: null, score: null, ceiling: null, coverage }, points };

  const cap = lowestCeiling(scored);
  const score = Math.max(floorOf(level, scored, zones), Math.min(weighted, cap.at));
  const bound = score < weighted ? cap.metric : floorName;
  const ceiling = score === weighted ? null : { metric: bound, at: score, pointsLost: weighted - score };
  return { level: { level, weighted, score, ceiling, coverage }, points };
};
