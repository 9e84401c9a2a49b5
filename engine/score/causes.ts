/** What costs points, largest loss first. */
import type { Cause } from '../client/index.js';
import type { Assessment, Judgement } from '../model.js';
import { needsTraffic } from './metric-memory.js';
import type { Peers } from './peers.js';

const shown = 8;

interface Loss {
  readonly judgement: Judgement;
  /** Its level's score rests on its ceiling. */
  readonly ceiling: boolean;
  /** Its own points and those that its ceiling takes. */
  readonly total: number;
}

const none: readonly Cause[] = [];

const isBad = ({ penalty, metric }: Judgement): boolean => penalty !== null && penalty > 0 && !metric.dryRun;

const lossOf = (judgement: Judgement, { levels }: Assessment): Loss => {
  const bound = levels.find(({ level }) => level === judgement.metric.level)?.ceiling ?? null;
  const ceiling = bound?.metric === judgement.name;
  return { judgement, ceiling, total: judgement.pointsLost + (ceiling ? (bound?.pointsLost ?? 0) : 0) };
};

const causeOf = ({ judgement, ceiling }: Loss, peers: Peers, isPeer: boolean): Cause => ({
  name: judgement.name,
  level: judgement.metric.level,
  source: judgement.metric.source.kind,
  value: judgement.value,
  absence: judgement.absence,
  penalty: judgement.penalty,
  pointsLost: judgement.pointsLost,
  blame: judgement.metric.blame,
  peersMedianPenalty: peers.penalty(judgement.name, isPeer ? judgement.penalty : null),
  traffic: needsTraffic(judgement.metric),
  moving: judgement.moving,
  ceiling,
});

/** `isPeer`: the instance itself is among those that `peers` was made of, and must be left out of each median. */
export const causesOf = (assessment: Assessment, peers: Peers, isPeer: boolean): readonly Cause[] => {
  if (!assessment.judgements.some(isBad)) return none;
  const bad = assessment.judgements.filter(isBad);
  return bad
    .map((judgement) => lossOf(judgement, assessment))
    .filter(({ total }) => total > 0)
    .sort((a, b) => b.total - a.total)
    .slice(0, shown)
    .map((loss) => causeOf(loss, peers, isPeer));
};
