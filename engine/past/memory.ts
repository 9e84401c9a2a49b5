/** What the pipeline would have remembered at a time, put together from the points that it left in history. Pure. */
import type { InstanceId, ServiceName, ServicePolicy } from '../../config/index.js';
import type { InstanceScore } from '../client/index.js';
import { newcomer, type InstanceMemory } from '../memory.js';
import type { Assessment, Instance, Judgement } from '../model.js';
import { assess } from '../score/index.js';
import type { Judged, Point, PointMetric } from '../store/index.js';
import { stepZone, zoneOf, type ZoneMemory } from '../zone/index.js';

export interface Then {
  readonly judged: Judged;
  readonly point: Point;
  /** Those right before it, oldest first, of the same policy: what the count of evaluations rests on. */
  readonly before: readonly Point[];
  readonly zoneSince: number;
  /** How it is known now; null: Consul lists it no more. */
  readonly now: InstanceScore | null;
}

const judgementOf = (metric: ServicePolicy['metrics'][number], then: PointMetric): Judgement => {
  const { status, value, penalty } = then;
  const isThere = status === 'judged' || status === 'held';
  // A value beside a reason why there is none: the last one, held for that reason (`no_data: hold`).
  const isHeld = !isThere && value !== null;
  return {
    name: metric.name,
    metric,
    value,
    sampledAt: null,
    status: isThere ? status : isHeld ? 'held' : 'absent',
    absence: isThere ? null : status,
    since: null,
    penalty,
    pointsLost: 0,
    moving: false,
  };
};

/** Metrics in the order of the policy; one that was not judged then is left out. */
const judgementsOf = ({ judged, point }: Then, policy: ServicePolicy): readonly Judgement[] =>
  policy.metrics.flatMap((metric) => {
    const then = point.metrics[judged.metrics.indexOf(metric.name)];
    return then === undefined ? [] : [judgementOf(metric, then)];
  });

/** The sum again, from penalties of seven digits; the score itself is the stored one. */
export const assessmentOf = (then: Then, policy: ServicePolicy): Assessment => ({
  ...assess(judgementsOf(then, policy), policy.scoring),
  score: then.point.raw,
});

/** Counts the evaluations before it again, so that "2 of 3 in a row" is told as it was. */
const zoneThen = ({ point, before, zoneSince }: Then, { scoring: { zones } }: ServicePolicy): ZoneMemory => {
  const [first, ...rest] = [...before, point];
  const from = first?.zone ?? point.zone;
  const start: ZoneMemory = {
    damper: { known: from === 'unknown' ? null : from, recent: [] },
    zone: from,
    since: zoneSince,
    streak: { zone: from, count: 0, since: first?.at ?? point.at },
  };
  const counted = rest.reduce((zone, { raw, at }) => stepZone(zone, zoneOf(raw, zones), zones, at), start);
  return { ...counted, zone: point.zone, since: zoneSince };
};

const instanceOf = ({ judged, now }: Then): Instance => ({
  id: judged.instance as InstanceId,
  service: judged.service as ServiceName,
  node: { name: now?.node ?? '', address: '' },
  address: now?.address ?? '',
  port: now?.port ?? 0,
  tags: [],
  meta: {},
  datacenter: '',
  consul: now?.consul ?? 'passing',
  consulWhy: '',
  checks: [],
  joinedAt: null,
});

const upWords: Readonly<Record<Point['up'], string>> = {
  up: 'answered well',
  down: 'down then; history does not keep why',
  unknown: 'not known then',
};

export const memoryOf = (then: Then, policy: ServicePolicy): InstanceMemory => {
  const { point } = then;
  return {
    ...newcomer(null, null, point.at),
    up: { state: point.up, since: point.at, why: upWords[point.up], by: 'none' },
    smoothing: { raw: [], value: point.smoothed, at: point.at },
    zone: zoneThen(then, policy),
    last: {
      instance: instanceOf(then),
      assessment: assessmentOf(then, policy),
      blackout: false,
      stale: false,
      requests: null,
      requestsSince: point.at,
      inFlight: null,
      policy: then.judged.policy,
      intervalMs: policy.scrape.intervalMs,
    },
  };
};
