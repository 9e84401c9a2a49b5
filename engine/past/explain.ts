/** Explain at a past time: from what history kept, by the policy that judged then. */
import type { InstanceId, ServicePolicy } from '../../config/index.js';
import { BallastError } from '../../lib/errors.js';
import type { Explanation, InstanceScore } from '../client/index.js';
import { explain } from '../explain.js';
import type { InstanceMemory } from '../memory.js';
import type { Chunk, History, HistoryRange, Judged, Moment, Point } from '../store/index.js';
import { memoryOf, type Then } from './memory.js';
import { policyThen } from './policy.js';

/** Enough others for a median; of a service with more, these stand for all. */
const PEERS = 100;
/** Names that are tried for them: of instances that are long gone there is nothing to find at that time. */
const TRIED = 300;
/** How far back the beginning of a zone is looked for: by evaluations, then by minutes. */
const BACK_MS = 900_000;
const BACK_BY_MINUTES_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Evaluations that the count of a zone may rest on: more than `fall` or `rise` can be. */
const COUNTED = 100;

export interface PastSources {
  readonly store: {
    at(service: string, instance: string, time: number, speaksMs: number): Moment | null;
    read(service: string, instance: string, from: number, to: number, metrics: 'all' | 'none'): readonly Chunk[];
    history(range: HistoryRange): History;
    span(service: string, instance: string): { readonly first: number; readonly last: number } | null;
    instances(service: string): readonly string[];
    policy(hash: string): unknown;
  };
  /** The policy in force; null: the service is not configured. */
  readonly policyOf: (service: string) => ServicePolicy | null;
  /** How an instance is shown now; null: it is not there. */
  readonly present: (service: string, instance: string) => InstanceScore | null;
}

const iso = (ms: number): string => new Date(ms).toISOString();

const nothingThen = (instance: string, time: number, { store }: PastSources, service: string): BallastError => {
  const span = store.span(service, instance);
  if (span === null)
    return new BallastError('NO_HISTORY', `there is no history of ${service}/${instance}`, {
      status: 404,
      hint: 'it may never have been evaluated, or too long ago',
    });
  const where = time < span.first ? 'before' : time > span.last ? 'after' : 'in a gap of';
  return new BallastError('NO_HISTORY', `${iso(time)} is ${where} what is known of ${service}/${instance}`, {
    status: 404,
    hint: `its history reaches from ${iso(span.first)} to ${iso(span.last)}`,
  });
};

/** Evaluations and the start of the zone before a point, as far as every evaluation is still kept. */
const runUp = (
  { store }: PastSources,
  { service, instance, policy }: Judged,
  point: Point,
): Pick<Then, 'before' | 'zoneSince'> => {
  const chunks = store.read(service, instance, point.at - BACK_MS, point.at - 1, 'none');
  const points = chunks.flatMap((chunk) => chunk.points);
  const change = points.findLastIndex(({ zone }) => zone !== point.zone);
  const near = points[change + 1]?.at ?? point.at;
  const zoneSince = change < 0 && points.length > 0 ? minuteOfZone(store, service, instance, point, near) : near;
  const same = chunks.filter(({ judged }) => judged.policy === policy).flatMap((chunk) => chunk.points);
  return { before: same.slice(-COUNTED), zoneSince };
};

/** The first minute from which on it was in that zone alone, until `near`. */
const minuteOfZone = (
  store: PastSources['store'],
  service: string,
  instance: string,
  { at, zone }: Point,
  near: number,
): number => {
  const start = at - BACK_BY_MINUTES_MS;
  const { aggregates } = store.history({ service, instance, start, end: near, stepMs: MINUTE_MS, metrics: [] });
  const change = aggregates.findLastIndex(({ zones, evaluations }) => zones[zone] < evaluations);
  return aggregates[change + 1]?.at ?? near;
};

const thenOf = (sources: PastSources, { judged, point, resolution }: Moment): Then => ({
  judged,
  point,
  ...(resolution === 'raw' ? runUp(sources, judged, point) : { before: [], zoneSince: point.at }),
  now: sources.present(judged.service, judged.instance),
});

/** Others of the service that were judged by the same policy at that time. */
const peersThen = (
  sources: PastSources,
  { judged, point }: Moment,
  policy: ServicePolicy,
  speaksMs: number,
): ReadonlyMap<InstanceId, InstanceMemory> => {
  const names = sources.store.instances(judged.service).filter((name) => name !== judged.instance);
  const stride = Math.max(1, Math.floor(names.length / TRIED));
  const found = new Map<InstanceId, InstanceMemory>();
  for (let i = 0; i < names.length && found.size < PEERS; i += stride) {
    const name = names[i] ?? '';
    const moment = sources.store.at(judged.service, name, point.at, speaksMs);
    if (moment?.judged.policy !== judged.policy) continue;
    const then = { judged: moment.judged, point: moment.point, before: [], zoneSince: moment.point.at, now: null };
    found.set(name as InstanceId, memoryOf(then, policy));
  }
  return found;
};

const sentenceOf = ({ resolution, point, evaluations }: Moment, peers: number): string => {
  const others = peers >= PEERS ? ` Peers are ${peers} of the others.` : '';
  if (resolution === 'raw') return `As it was evaluated at ${iso(point.at)}.${others}`;
  return (
    `Means of ${evaluations} evaluations in the ${resolution} from ${iso(point.at)}: every single one is no longer kept. ` +
    `Rows are made of mean penalties, so they may not add up to the mean score.${others}`
  );
};

/**
 * Why an instance had the score that it had at a time. Exact while every evaluation is kept, then the means of the minute,
 * then of the hour; what history does not keep (traffic, address, why it was down) is that of now, or empty.
 * @throws BallastError `NO_HISTORY` (404) with what there is.
 */
export const explainAt = (
  sources: PastSources,
  service: string,
  instance: string,
  time: number,
  now: number,
): Explanation => {
  const present = sources.policyOf(service);
  const speaksMs = Math.max(60_000, 3 * (present?.scrape.intervalMs ?? 0));
  const moment = present && sources.store.at(service, instance, time, speaksMs);
  if (!present || !moment) throw nothingThen(instance, time, sources, service);
  const { judged, point, resolution, evaluations } = moment;
  const stored = judged.policy === present.hash ? present : policyThen(sources.store.policy(judged.policy), present);
  if (stored === null)
    throw new BallastError('NO_HISTORY', `the policy ${judged.policy} that judged ${instance} then cannot be read`, {
      status: 404,
      hint: 'without it there are no thresholds and weights to explain a score by',
    });
  const peers = peersThen(sources, moment, stored, speaksMs);
  const own = [judged.instance as InstanceId, memoryOf(thenOf(sources, moment), stored)] as const;
  const explanation = explain({ instances: new Map([...peers, own]) }, own[0], stored, point.at);
  if (explanation === null) throw nothingThen(instance, time, sources, service);
  const past = { asked: time, at: point.at, resolution, evaluations, sentence: sentenceOf(moment, peers.size) };
  return { ...explanation, now, past };
};
