/** From judgements to one score: levels apart, the worst counts (or their mean), and nothing is said on thin data. */
import { levels, type ScoringPolicy } from '../../config/index.js';
import type { LevelScore } from '../client/index.js';
import type { Assessment, Judgement } from '../model.js';
import { onGrid } from './exact.js';
import { scoreLevel, type LevelResult } from './level.js';

/** Sums of decimal weights are not exact: 0.6 of the weight is enough where 0.6 is asked. */
const rounding = 1e-9;

const meanByLevel = (
  scores: readonly LevelScore[],
  { levelWeights }: ScoringPolicy,
  valueOf: (level: LevelScore) => number | null,
): number | null => {
  let weights = 0;
  let sum = 0;
  for (const each of scores) {
    const value = valueOf(each);
    if (value === null) continue;
    weights += levelWeights[each.level];
    sum += value * levelWeights[each.level];
  }
  return weights === 0 ? null : sum / weights;
};

/** A process that is down is down from every point of view: then the worst level counts even where a mean was asked for. */
const combine = (scores: readonly LevelScore[], scoring: ScoringPolicy, down: boolean): number | null => {
  if (scoring.combine === 'mean' && !down) {
    const mean = meanByLevel(scores, scoring, ({ score }) => score);
    return mean === null ? null : onGrid(mean);
  }
  let worst: number | null = null;
  for (const { score } of scores) if (score !== null && (worst === null || score < worst)) worst = score;
  return worst;
};

const isDown = ({ metric, penalty }: Judgement): boolean =>
  metric.source.kind === 'up' && !metric.dryRun && penalty === 1;

const withPoints = (judgement: Judgement, results: readonly LevelResult[]): Judgement => {
  const points = results.find(({ level }) => level.level === judgement.metric.level)?.points.get(judgement.name);
  return points === undefined || judgement.metric.dryRun ? judgement : { ...judgement, pointsLost: points };
};

/**
 * The whole instance. Coverage is the mean of the levels' coverages, for the reason that scores are by level: pooled, the
 * system's weights would vouch for an application of which nothing is known.
 */
export const assess = (judgements: readonly Judgement[], scoring: ScoringPolicy): Assessment => {
  const results: LevelResult[] = [];
  const scores: LevelScore[] = [];
  for (const level of levels) {
    const result = scoreLevel(level, judgements, scoring.zones);
    if (result === null) continue;
    results.push(result);
    scores.push(result.level);
  }
  const coverage = meanByLevel(scores, scoring, (level) => level.coverage) ?? 0;
  const down = judgements.some(isDown);
  const enough = down || coverage >= scoring.zones.minCoverage - rounding;
  return {
    judgements: results.some(({ points }) => points.size > 0)
      ? judgements.map((judgement) => withPoints(judgement, results))
      : judgements,
    levels: scores,
    coverage,
    score: enough ? combine(scores, scoring, down) : null,
    down,
  };
};
