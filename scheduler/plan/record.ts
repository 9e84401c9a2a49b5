/** What is remembered of a service from one decision to the next. */
import type { RotationMark } from '../../engine/client/index.js';
import type { InstanceMemory, ServiceRecord } from '../client/index.js';
import type { ServiceWorld } from '../model.js';
import { markOf } from './remember.js';
import type { Weighed } from './service.js';
import { own } from '../../lib/own.js';

interface RecordParts extends Pick<ServiceRecord, 'token' | 'at' | 'state' | 'seenCounts'> {
  readonly applied: boolean;
}

/** The same object as before when nothing material changed. */
export const recordOf = (
  weighed: readonly Weighed[],
  service: ServiceWorld,
  before: ServiceRecord | null,
  { token, at, state, seenCounts, applied }: RecordParts,
): ServiceRecord => {
  if (before && isAsBefore(weighed, service, before, { at, state, seenCounts, applied })) return before;
  const instances: Record<string, InstanceMemory> = {};
  const rotation: Record<string, RotationMark> = {};
  for (const { stance, after } of weighed) {
    const { id } = stance.seat;
    instances[id] = after;
    const mark = markOf(stance.seat, after, before ? own(before.rotation, id) : undefined, applied, at);
    if (mark) rotation[id] = mark;
  }
  keepAbsent(service, before, instances, rotation);
  const stateSince = before?.state === state ? before.stateSince : at;
  const signs = { stormAt: before?.stormAt ?? null, redAt: before?.redAt ?? null };
  const kept = { ...signs, fallen: before?.fallen ?? null, worked: before?.worked ?? [] };
  const record = { token, at, state, stateSince, seenCounts: [...seenCounts], ...kept, instances, rotation };
  return before && sameRecord(before, record, seenCounts) ? before : record;
};

/** Nearly always nothing has changed: then no record is built only to be compared. */
const isAsBefore = (
  weighed: readonly Weighed[],
  { ledger }: ServiceWorld,
  before: ServiceRecord,
  { at, state, seenCounts, applied }: Omit<RecordParts, 'token'>,
): boolean => {
  if (before.state !== state || before.seenCounts !== seenCounts || (ledger?.open.length ?? 0) > 0) return false;
  let marks = 0;
  for (const { stance, after } of weighed) {
    const { id } = stance.seat;
    const mark = own(before.rotation, id);
    if (own(before.instances, id) !== after || markOf(stance.seat, after, mark, applied, at) !== mark) return false;
    if (mark) marks += 1;
  }
  return countOf(before.instances) === weighed.length && countOf(before.rotation) === marks;
};

const countOf = (record: Readonly<Record<string, unknown>>): number => {
  let count = 0;
  for (const _ in record) count += 1;
  return count;
};

/** A process that is stopped half-way through its action leaves the catalog, and will be back. */
const keepAbsent = (
  service: ServiceWorld,
  before: ServiceRecord | null,
  instances: Record<string, InstanceMemory>,
  rotation: Record<string, RotationMark>,
): void => {
  for (const { instance } of service.ledger?.open ?? []) {
    const memory = before ? own(before.instances, instance) : undefined;
    if (!before || !memory || own(instances, instance)) continue;
    instances[instance] = memory;
    const mark = own(before.rotation, instance);
    if (mark) rotation[instance] = mark;
  }
};

const sameRecord = (a: ServiceRecord, b: ServiceRecord, seenCounts: ServiceRecord['seenCounts']): boolean =>
  a.state === b.state &&
  a.seenCounts === seenCounts &&
  sameEntries(a.instances, b.instances) &&
  sameEntries(a.rotation, b.rotation);

const sameEntries = <T>(a: Readonly<Record<string, T>>, b: Readonly<Record<string, T>>): boolean => {
  const keys = Object.keys(b);
  return keys.length === Object.keys(a).length && keys.every((key) => own(a, key) === b[key]);
};
