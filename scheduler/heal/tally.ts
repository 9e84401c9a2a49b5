import type { Action } from '../client/index.js';
import type { ServiceWorld, Tally } from '../model.js';

const hourMs = 3_600_000;

/** What is under way and what was tried within the hour, over all ledgers. Failed attempts count; one that was given up before its step does not, nor one that a person forced. */
export const tallyOf = (services: readonly ServiceWorld[], now: number): Tally => {
  const unreadable: string[] = [];
  const counts = {
    openActions: 0,
    lastHour: 0,
    lastHourByNode: count(),
    openByService: count(),
    lastHourByService: count(),
  };
  for (const { ledger, policy } of services) {
    if (ledger === null) unreadable.push(policy.service);
    for (const actions of ledger === null ? [] : [ledger.open, ledger.closed])
      for (const action of actions) include(counts, action, 1, now);
  }
  return { ...counts, unreadable };
};

export const withAction = (tally: Tally, action: Action, now: number): Tally => add(tally, action, 1, now);

/** As if this action were not there: it must not stand in its own way. */
export const withoutAction = (tally: Tally, action: Action, now: number): Tally => add(tally, action, -1, now);

type Count = Map<string, number>;
const count = (of?: ReadonlyMap<string, number>): Count => new Map(of);

/** A tally that is still being counted. */
interface Counting {
  openActions: number;
  lastHour: number;
  readonly lastHourByNode: Count;
  readonly openByService: Count;
  readonly lastHourByService: Count;
}

const add = (tally: Tally, action: Action, by: 1 | -1, now: number): Tally => {
  const counts = {
    openActions: tally.openActions,
    lastHour: tally.lastHour,
    lastHourByNode: count(tally.lastHourByNode),
    openByService: count(tally.openByService),
    lastHourByService: count(tally.lastHourByService),
  };
  include(counts, action, by, now);
  return { ...counts, unreadable: tally.unreadable };
};

const include = (counts: Counting, action: Action, by: 1 | -1, now: number): void => {
  if (action.phase !== 'closed') {
    counts.openActions += by;
    plus(counts.openByService, action.service, by);
  }
  const { outcome, intentAt, by: wisher } = action;
  const isForced = wisher.kind === 'human' && wisher.forced;
  if (outcome === 'overtaken' || isForced || now - intentAt >= hourMs) return;
  counts.lastHour += by;
  plus(counts.lastHourByNode, action.node, by);
  plus(counts.lastHourByService, action.service, by);
};

const plus = (counts: Count, key: string, by: number): void => void counts.set(key, (counts.get(key) ?? 0) + by);
