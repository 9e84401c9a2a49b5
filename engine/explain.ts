/** Why an instance has the zone that it has, in full: the table of its metrics, its peers, and a headline. */
import { formatDuration } from '../config/units.js';
import type { InstanceId, ServicePolicy } from '../config/index.js';
import type { Cause, Explanation, InstanceScore, MetricScore, Zone } from './client/index.js';
import { describe, isPeer, peersAmong } from './describe.js';
import type { InstanceMemory, ServiceMemory } from './memory.js';
import type { Judgement } from './model.js';
import { notesOf } from './notes.js';
import { needsTraffic, type Peers } from './score/index.js';
import { queryText, scoreText, zoneRange } from './words.js';
import type { Scored } from './scored.js';
import { zoneOf } from './zone/index.js';

/** A zone that changed, with the numbers behind it. */
export interface ZoneEvent {
  readonly kind: 'zone';
  readonly at: number;
  readonly service: string;
  readonly instance: string;
  readonly from: Zone;
  readonly to: Zone;
  readonly score: number | null;
  readonly coverage: number;
  readonly text: string;
}

export const zoneEvent = (before: InstanceMemory | undefined, after: Scored, now: number): ZoneEvent | null => {
  const from = before?.zone.zone ?? 'unknown';
  if (from === after.zone) return null;
  const score = after.whole;
  return {
    kind: 'zone',
    at: now,
    service: score.service,
    instance: score.instance,
    from,
    to: score.zone,
    score: score.score,
    coverage: score.coverage,
    text: `${score.instance} ${from} -> ${score.zone}: ${score.why}`,
  };
};

const metricScore = (judgement: Judgement, peers: Peers, among: boolean): MetricScore => ({
  name: judgement.name,
  level: judgement.metric.level,
  source: judgement.metric.source.kind,
  query: queryText(judgement.metric),
  value: judgement.value,
  sampledAt: judgement.sampledAt,
  status: judgement.status,
  absence: judgement.absence,
  since: judgement.since,
  good: judgement.metric.good,
  critical: judgement.metric.critical,
  unit: judgement.metric.unit,
  penalty: judgement.penalty,
  weight: judgement.metric.weight,
  cap: judgement.metric.cap,
  pointsLost: judgement.pointsLost,
  blame: judgement.metric.blame,
  dryRun: judgement.metric.dryRun,
  peersMedianPenalty: peers.penalty(judgement.name, among ? judgement.penalty : null),
  traffic: needsTraffic(judgement.metric),
  moving: judgement.moving,
});

const worstLevel = ({ levels }: InstanceScore): string => {
  const known = levels.filter(({ score }) => score !== null && score < 100);
  const [worst] = known.sort((a, b) => (a.score ?? 0) - (b.score ?? 0));
  return worst === undefined ? '' : ` Worst level: ${worst.level}.`;
};

/** "checkout-7f3c is red: score 20 (red is below 50) for 4m12s. Worst level: app." */
const headline = (score: InstanceScore, { scoring: { zones } }: ServicePolicy, now: number): string => {
  const lasting = `for ${formatDuration(now - score.zoneSince)}`;
  const isPlain = score.score !== null && zoneOf(score.score, zones) === score.zone;
  const plain = `: score ${scoreText(score.score ?? 0)} (${zoneRange(score.zone, zones)}) ${lasting}.`;
  return `${score.instance} is ${score.zone}${isPlain ? plain : ` ${lasting}: ${score.why}.`}${worstLevel(score)}`;
};

/** At least half of the loss on the metric that costs most is the peers' too: as the guardrail SHARED_CAUSE sees it. */
const isShared = ({ penalty, peersMedianPenalty }: Cause): boolean =>
  peersMedianPenalty !== null && peersMedianPenalty >= (penalty ?? 0) / 2;

const peersSentence = (median: number | null, worst: Cause | undefined): string => {
  if (median === null) return 'There are no peers to compare with.';
  const others = `Peers: median ${scoreText(median)}.`;
  if (worst === undefined) return others;
  return isShared(worst)
    ? `${others} They lose points on ${worst.name} too: this looks shared.`
    : `${others} This looks local to the instance.`;
};

/** Null: this instance was not evaluated yet. */
export const explain = (
  memory: ServiceMemory,
  instance: InstanceId,
  policy: ServicePolicy,
  now: number,
): Explanation | null => {
  const own = memory.instances.get(instance);
  if (own === undefined || own.last === null) return null;
  const peers = peersAmong(memory);
  const among = isPeer(own);
  const score = describe(own, own.last, policy, peers);
  const { goodScore, criticalScore, fall, rise, minCoverage } = policy.scoring.zones;
  const ownScore = among ? score.score : null;
  const medianScore = peers.score(ownScore);
  return {
    now,
    instance: score,
    sentence: headline(score, policy, now),
    zones: { goodScore, criticalScore, fall, rise, minCoverage },
    metrics: own.last.assessment.judgements.map((judgement) => metricScore(judgement, peers, among)),
    notes: notesOf(own.last.assessment.judgements, now),
    peers: {
      count: peers.count - (ownScore === null ? 0 : 1),
      medianScore,
      sentence: peersSentence(medianScore, score.causes[0]),
    },
  };
};
