/** Sentences and numbers for people: why a zone is what it is. Each names its subject, its value and its limit. */
import { formatDuration, formatShare, formatSize, trim } from '../config/units.js';
import type { MetricPolicy, ServicePolicy, ZonePolicy } from '../config/index.js';
import { absenceWords, type Cause, type Zone } from './client/index.js';
import type { InstanceMemory, LastEvaluation } from './memory.js';
import type { Assessment, Judgement } from './model.js';
import { answersWell } from './up.js';
import { pending, zoneOf } from './zone/index.js';

/** 64.1 * 10 is 640.9999999999999 in a computer. */
const dust = 1e-6;

/** Never rounded up: a score of 49.96 is red, and "50" would say otherwise. */
export const scoreText = (score: number): string => trim(Math.floor(score * 10 + dust) / 10, 1);

export const valueText = (value: number, unit: MetricPolicy['unit']): string => {
  if (unit === 'seconds') return value < 1 ? `${trim(value * 1_000, 1)}ms` : formatDuration(value * 1_000);
  if (unit === 'ratio') return formatShare(value);
  return unit === 'bytes' ? formatSize(value) : trim(value, 2);
};

/** What a metric asks, on one line. */
export const queryText = ({ source }: MetricPolicy): string => {
  if (source.kind === 'ratio') return `${source.bad} / ${source.total}`;
  if (source.kind === 'stall') return `${source.inFlight} >= ${source.atLeast} while ${source.completed} stands still`;
  if (source.kind === 'up') return 'the engine reaches the process';
  const asked = source.promql.trim().replaceAll(/\s+/g, ' ');
  return source.kind === 'query' ? asked : `${asked} (asked of Prometheus)`;
};

export const zoneRange = (zone: Zone, { goodScore, criticalScore }: ZonePolicy): string => {
  if (zone === 'green') return `green is from ${goodScore}`;
  return zone === 'red' ? `red is below ${criticalScore}` : `yellow is ${criticalScore} to ${goodScore}`;
};

const unreadNames = ({ judgements }: Assessment): string => {
  const names = judgements.filter(({ metric, penalty }) => !metric.dryRun && penalty === null).map(({ name }) => name);
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
};

/** It answers, but not with a page that could be read: the reason; else nothing. */
const pageText = (up: InstanceMemory['up']): string =>
  up === null || up.why === answersWell ? '' : `; its page: ${up.why}`;

const thin = (assessment: Assessment, { minCoverage }: ZonePolicy, up: InstanceMemory['up']): string =>
  `${formatShare(assessment.coverage)} of the weight has fresh data, ${formatShare(minCoverage)} is needed; ` +
  `no data for ${unreadNames(assessment) || 'any metric'}${pageText(up)}`;

/** What the metric that costs most does to the score, or that the process is down. */
const lossText = (cause: Cause | undefined, { assessment }: LastEvaluation, up: InstanceMemory['up']): string => {
  if (assessment.down) return `; the process is down: ${up?.why ?? 'not reached'}`;
  if (cause === undefined) return '';
  const judgement: Judgement | undefined = assessment.judgements.find(({ name }) => name === cause.name);
  const value =
    cause.value === null || judgement === undefined ? '' : ` ${valueText(cause.value, judgement.metric.unit)}`;
  const gap = cause.absence === null ? '' : ` (${absenceWords[cause.absence]})`;
  const costs = `; ${cause.name}${value}${gap} costs ${trim(cause.pointsLost, 1)} points`;
  const level = assessment.levels.find((each) => each.level === cause.level);
  return cause.ceiling && level?.ceiling ? `${costs} and caps ${cause.level} at ${scoreText(level.ceiling.at)}` : costs;
};

/** The own zone of the last evaluation is not the one in force: how far the count is. */
const waiting = (memory: InstanceMemory, own: Zone, { fall, rise }: ZonePolicy): string => {
  const { known } = memory.zone.damper;
  const count = pending(memory.zone.damper);
  if (known === null) return `; not decided yet: ${count} of ${own === 'green' ? rise : fall} evaluations`;
  if (memory.at < memory.settlesUntil) return '; not counted while the engine, just restarted, gathers evidence';
  if (known === 'red' && own === 'yellow') return '; red is left only for green';
  const needed = own === 'red' || known === 'green' ? fall : rise;
  return `; ${Math.min(count, needed)} of ${needed} evaluations in a row`;
};

/** Why the zone is what it is, one sentence without its full stop. */
export const why = (
  memory: InstanceMemory,
  last: LastEvaluation,
  policy: ServicePolicy,
  worst: Cause | undefined,
): string => {
  const { zones, staleIntervals, blackoutMs } = policy.scoring;
  const { assessment } = last;
  if (last.stale)
    return `not evaluated for more than ${staleIntervals} intervals of ${formatDuration(policy.scrape.intervalMs)}`;
  if (last.blackout) return `warming up: its first ${formatDuration(blackoutMs)} do not count`;
  if (assessment.score === null) return thin(assessment, zones, memory.up);
  const own = zoneOf(assessment.score, zones);
  const score = `score ${scoreText(assessment.score)} (${zoneRange(own, zones)})`;
  const damped = own === memory.zone.zone ? '' : waiting(memory, own, zones);
  return score + damped + lossText(own === 'green' ? undefined : worst, last, memory.up);
};
