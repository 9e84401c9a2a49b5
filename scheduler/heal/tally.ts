import type { Action } from '../client/index.js';
import type { ServiceWorld, Tally } from '../model.js';

const hourMs = 3_600_000;

/** What is under way and what was tried within the hour, over all ledgers. Failed attempts count; one that was given up before its step does not, nor one that a person forced. */
export const tallyOf = (services: readonly ServiceWorld[], now: number): Tally => {
  const unreadable: string[] = [];
  let tally = nothing;
  for (const { ledger, policy } of services) {
    if (ledger === null) unreadable.push(policy.service);
    for (const action of ledger?.open ?? []) tally = add(tally, action, 1, now);
    for (const action of ledger?.closed ?? []) tally = add(tally, action, 1, now);
  }
  return { ...tally, unreadable };
};

export const withAction = (tally: Tally, action: Action, now: number): Tally => add(tally, action, 1, now);

/** As if this action were not there: it must not stand in its own way. */
export const withoutAction = (tally: Tally, action: Action, now: number): Tally => add(tally, action, -1, now);

const nothing: Tally = {
  openActions: 0,
  lastHour: 0,
  lastHourByNode: new Map(),
  openByService: new Map(),
  lastHourByService: new Map(),
  unreadable: [],
};

const add = (tally: Tally, action: Action, by: 1 | -1, now: number): Tally => {
  const open = action.phase === 'closed' ? 0 : by;
  const { outcome, intentAt, by: wisher } = action;
  const isForced = wisher.kind === 'human' && wisher.forced;
  const tried = outcome !== 'overtaken' && !isForced && now - intentAt < hourMs ? by : 0;
  if (open === 0 && tried === 0) return tally;
  return {
    openActions: tally.openActions + open,
    lastHour: tally.lastHour + tried,
    lastHourByNode: plus(tally.lastHourByNode, action.node, tried),
    openByService: plus(tally.openByService, action.service, open),
    lastHourByService: plus(tally.lastHourByService, action.service, tried),
    unreadable: tally.unreadable,
  };
};

const plus = (counts: ReadonlyMap<string, number>, key: string, by: number): ReadonlyMap<string, number> =>
  by === 0 ? counts : new Map(counts).set(key, (counts.get(key) ?? 0) + by);
