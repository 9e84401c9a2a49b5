import type { InstanceId } from '../../config/index.js';
import type { InstanceScore, Zone } from '../../engine/client/index.js';
import type { Action, Controls, InstanceMemory, ServiceRecord } from '../client/index.js';
import { ageOf, freshScore } from '../facts.js';
import type { CatalogEntry, ServiceWorld } from '../model.js';
import { drainOf, drainText, orderOf, orderText, restoredAt } from '../said.js';
import { closedBreaker } from './breaker.js';
import { own } from '../../lib/own.js';

/** Everything known of one instance, brought together: its place at the table. */
export interface Seat {
  readonly id: InstanceId;
  readonly entry: CatalogEntry;
  /** Null: there is none, or it is too old to act on. */
  readonly score: InstanceScore | null;
  /** `unknown` without a fresh score. */
  readonly zone: Zone;
  readonly up: 'up' | 'down' | 'unknown';
  readonly passing: boolean;
  /** Its process is new and lives: not taken out and not healed yet. */
  readonly young: boolean;
  /** Taken in by us, or waits for its first passing check. */
  readonly admitted: boolean;
  readonly memory: InstanceMemory;
  /** Another process under the same id than before: everything starts anew. */
  readonly renewed: boolean;
  readonly action: Action | null;
  /** Being drained or stepped, also while the ledger cannot be read: takes no traffic. */
  readonly inAction: boolean;
  /** A person wants it out of rotation, since then and for that reason: a drain, or an order that needs it out. */
  readonly asked: { readonly since: number; readonly code: 'DRAINED' | 'IN_ACTION'; readonly text: string } | null;
  /** When a person last took it back. */
  readonly restoredAt: number | null;
}

/** What was asked of it takes a moment to show. */
const gentleSettleMs = 10_000;

const restartedAfterMs = 1_000;

/** The seats of a service, in the order of their ids. Without a record all are established: they were there before us. */
export const seatsOf = (
  service: ServiceWorld,
  entries: readonly CatalogEntry[],
  record: ServiceRecord | null,
  controls: Controls | null,
  now: number,
): Seat[] => {
  const actions = new Map(service.ledger?.open.map((action) => [action.instance, action]));
  return inOrder(entries).map((entry) => seatOf(service, entry, record, controls, actions.get(entry.id) ?? null, now));
};

const byId = (a: CatalogEntry, b: CatalogEntry): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** By their ids, as they nearly always come. */
export const inOrder = (entries: readonly CatalogEntry[]): readonly CatalogEntry[] => {
  for (let at = 1; at < entries.length; at++) {
    const [one, next] = [entries[at - 1], entries[at]];
    if (one && next && byId(one, next) > 0) return [...entries].sort(byId);
  }
  return entries;
};

const seatOf = (
  service: ServiceWorld,
  entry: CatalogEntry,
  record: ServiceRecord | null,
  controls: Controls | null,
  action: Action | null,
  now: number,
): Seat => {
  const score = scoreOf(service, entry, action, now);
  const known = record ? own(record.instances, entry.id) : established(service, now);
  const before = known ?? newcomer(now);
  const renewed = known !== undefined && isRenewed(known, action, score);
  const next = renewed
    ? newProcess(before, action, now)
    : action && isAskedGently(before, action)
      ? soonTried(before, now)
      : before;
  const memory = noteProcess(next, score);
  const up = score?.up.state ?? 'unknown';
  const warmUpMs = service.policy.guardrails.warmUpMs;
  return {
    id: entry.id,
    entry,
    score,
    zone: score?.zone ?? 'unknown',
    up,
    passing: entry.consul === 'passing',
    young: memory.freshSince !== null && now - memory.freshSince < warmUpMs && up !== 'down',
    admitted: isAdmitted(memory),
    memory,
    renewed,
    action,
    inAction: action
      ? action.phase !== 'verifying'
      : service.ledger === null && (memory.lifecycle === 'draining' || memory.lifecycle === 'healing'),
    asked: askedOf(service, memory, entry.id, controls, now),
    restoredAt: restoredAt(controls, service.policy.service, entry.id),
  };
};

/** What people said last holds while it cannot be read. */
const askedOf = (
  { policy: { service }, ledger }: ServiceWorld,
  { drained }: InstanceMemory,
  instance: InstanceId,
  controls: Controls | null,
  now: number,
): Seat['asked'] => {
  if (controls === null) {
    if (drained === null) return null;
    return { since: drained, code: 'DRAINED', text: 'a person has it out; what people say cannot be read now' };
  }
  const drain = drainOf(controls, service, instance, now);
  if (drain) return { since: drain.since, code: 'DRAINED', text: drainText(drain) };
  const order = orderOf(controls, ledger, service, instance);
  return order && now < order.until ? { since: order.at, code: 'IN_ACTION', text: orderText(order) } : null;
};

/** What was seen before our step had its new process is about the old one, and must not be held against the new. */
const scoreOf = (
  service: ServiceWorld,
  { id }: CatalogEntry,
  action: Action | null,
  now: number,
): InstanceScore | null => {
  const score = freshScore(service, id);
  const ofTheOld = score && action?.phase === 'verifying' && now - ageOf(service.scores, score.at) < action.phaseAt;
  return ofTheOld ? null : score;
};

const established = (service: ServiceWorld, now: number): InstanceMemory => ({
  ...newcomer(now),
  lifecycle: 'serving',
  weight: service.policy.traffic?.maxWeight ?? 100,
  freshSince: null,
});

const newcomer = (now: number): InstanceMemory => ({
  lifecycle: 'joining',
  breaker: closedBreaker(now),
  rampFrom: null,
  weight: 0,
  outSince: null,
  seenSince: now,
  freshSince: now,
  processStartedAt: null,
  episode: null,
  quarantine: null,
  drained: null,
  told: [],
});

/** A healed instance keeps what was told of its episode, so that nothing is told twice. */
const newProcess = (before: InstanceMemory, action: Action | null, now: number): InstanceMemory => ({
  ...newcomer(now),
  lifecycle: action ? 'verifying' : 'joining',
  seenSince: before.seenSince,
  episode: before.episode,
  quarantine: before.quarantine,
  told: before.told,
});

/** By our own step, or by its own later start, which nobody asked for. */
const isRenewed = (memory: InstanceMemory, action: Action | null, score: InstanceScore | null): boolean => {
  if (action) return action.step !== 'gentle' && action.phase === 'verifying' && memory.lifecycle !== 'verifying';
  if (memory.lifecycle === 'verifying' || memory.processStartedAt === null) return false;
  return (score?.processStartedAt ?? 0) > memory.processStartedAt + restartedAfterMs;
};

/** The same process, asked to mend itself a moment ago. */
const isAskedGently = ({ lifecycle }: InstanceMemory, { step, phase }: Action): boolean =>
  step === 'gentle' && phase === 'verifying' && lifecycle !== 'verifying';

/** Whether that helped shows in a probation: after a moment, not only when its breaker would have come to it. */
const soonTried = (memory: InstanceMemory, now: number): InstanceMemory =>
  memory.breaker.state === 'open'
    ? { ...memory, breaker: { ...memory.breaker, until: Math.min(memory.breaker.until, now + gentleSettleMs) } }
    : memory;

const noteProcess = (memory: InstanceMemory, score: InstanceScore | null): InstanceMemory =>
  isSameProcess(memory, score) ? memory : { ...memory, processStartedAt: score?.processStartedAt ?? null };

/** As far as is known. Some exporters work out the start anew each time, a few milliseconds off. */
export const isSameProcess = (memory: InstanceMemory, score: InstanceScore | null): boolean => {
  const startedAt = score?.processStartedAt ?? null;
  return startedAt === null || Math.abs(startedAt - (memory.processStartedAt ?? -Infinity)) <= restartedAfterMs;
};

const isAdmitted = ({ lifecycle, weight, rampFrom, outSince, breaker }: InstanceMemory): boolean =>
  !(lifecycle === 'joining' || lifecycle === 'verifying') ||
  weight > 0 ||
  rampFrom !== null ||
  outSince !== null ||
  breaker.state !== 'closed';
