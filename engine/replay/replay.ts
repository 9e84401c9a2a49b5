/** A candidate over the recorded history of a service: all instances, one after the other, in one pass over the file. */
import type { ServicePolicy } from '../../config/index.js';
import { formatDuration } from '../../config/units.js';
import type { Replay, ReplayProgress, ReplayRefusal } from '../client/index.js';
import type { HistoryReader } from '../store/index.js';
import { refusalsOf } from './answerable.js';
import { sumOf } from './faring.js';
import { InstanceReplay } from './instance.js';
import { readPolicy, type PastPolicy } from './recorded-policy.js';

export interface ReplayQuestion {
  readonly candidate: ServicePolicy;
  readonly service: string;
  readonly from: number;
  readonly to: number;
}

export type Prepared =
  | { readonly ok: true; readonly policies: ReadonlyMap<string, PastPolicy>; readonly total: number }
  | {
      readonly ok: false;
      readonly refusals: readonly ReplayRefusal[];
      /** The newest part of that time that history can answer, such as since a query was changed; null: none. */
      readonly answersMs: number | null;
    };

const minute = 60_000;
const hour = 60 * minute;
const spans = [12 * hour, 6 * hour, 3 * hour, hour, 30 * minute, 15 * minute, 5 * minute, minute];

/** Each reason once, however many policies were in force. */
const distinct = (refusals: readonly ReplayRefusal[]): readonly ReplayRefusal[] =>
  refusals.filter(
    ({ metric, why }, i) => refusals.findIndex((each) => each.metric === metric && each.why === why) === i,
  );

/** Whether the history of that time can answer at all, and how much there is to go through. */
export const prepare = (reader: HistoryReader, question: ReplayQuestion): Prepared => {
  const { service, from, to } = question;
  const { policies, refusals } = recordedIn(reader, question);
  if (refusals.length === 0) return { ok: true, policies, total: reader.count(service, from, to) };
  const shorter = spans.filter((ms) => ms < to - from);
  const answers = shorter.find((ms) => recordedIn(reader, { ...question, from: to - ms }).refusals.length === 0);
  return { ok: false, refusals: distinct(refusals), answersMs: answers ?? null };
};

/** The policies that judged in that time, and why history cannot answer beside them. */
const recordedIn = (reader: HistoryReader, { candidate, service, from, to }: ReplayQuestion) => {
  const policies = new Map<string, PastPolicy>();
  const refusals: ReplayRefusal[] = [];
  for (const recorded of reader.policies(service, from, to)) {
    const past = readPolicy(recorded);
    if (past) policies.set(recorded.hash, past);
    const unread = { metric: '*', why: `policy ${recorded.hash}, which judged part of that time, cannot be read` };
    refusals.push(...(past ? refusalsOf(candidate, past) : [unread]));
  }
  const span = formatDuration(to - from);
  if (policies.size === 0 && refusals.length === 0)
    refusals.push({ metric: '*', why: `nothing was recorded of ${service} in the last ${span}` });
  return { policies, refusals };
};

/** So much before the time is judged first: zones, dampers and bursts rest on what was before. */
const runInMs = 15 * minute;

/** Yields how far it is, as often as there is something to say, and returns the result. */
export function* replay(
  reader: HistoryReader,
  { candidate, service, from, to }: ReplayQuestion,
  { policies, total }: Extract<Prepared, { ok: true }>,
): Generator<ReplayProgress, Replay> {
  const replays: InstanceReplay[] = [];
  let [damaged, done, evaluations] = [0, 0, 0];
  for (const { id, instance } of reader.instances(service)) {
    const one = new InstanceReplay(instance, candidate, policies);
    for (const part of reader.parts(service, id, from - runInMs, to, () => (damaged += 1))) {
      one.take(part, from, to);
      if (part.columns.count > 1) done += 1;
    }
    if (one.evaluations > 0) replays.push(one);
    evaluations += one.evaluations;
    yield { done: Math.min(done, total), total, evaluations };
  }
  const instances = replays
    .map(({ result }) => result)
    .sort((a, b) => b.differsMs - a.differsMs || b.differences - a.differences || (a.instance < b.instance ? -1 : 1));
  const times = (of: (each: InstanceReplay) => number | null): number[] => replays.flatMap((each) => of(each) ?? []);
  const [firsts, lasts] = [times(({ first }) => first), times(({ last }) => last)];
  return {
    service,
    from: firsts.length > 0 ? Math.min(...firsts) : null,
    to: lasts.length > 0 ? Math.max(...lasts) : null,
    evaluations,
    damaged,
    recorded: sumOf(instances.map(({ recorded }) => recorded)),
    candidate: sumOf(instances.map((each) => each.candidate)),
    instances,
  };
}
