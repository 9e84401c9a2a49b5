/** Actions under way: each is looked at once, and moves on by at most one phase. */
import type { InstanceId } from '../../config/index.js';
import type { Action, InstanceMemory, ServiceRecord, Verdict } from '../client/index.js';
import { freshScore } from '../facts.js';
import type { CatalogEntry, GuardContext } from '../model.js';
import { advance } from './advance.js';
import type { Progress, Surroundings } from './phases.js';
import { tellUnsure } from './propose.js';
import { withoutAction } from './tally.js';
import { withTold } from './told.js';
import type { Turn } from './turn.js';
import { own } from '../../lib/own.js';

export const goOn = (turn: Turn): { readonly moved: readonly Progress[]; readonly record: ServiceRecord } => {
  const { token, held } = turn.world.lead;
  const open = turn.service.ledger?.open ?? [];
  if (open.length === 0 || !held || token === null) return { moved: [], record: turn.record };
  const entries = new Map(turn.entries.map((entry) => [entry.id, entry]));
  const told: Record<string, InstanceMemory> = {};
  const moved = open.map((action) => {
    const id = action.instance as InstanceId;
    const entry = entries.get(id) ?? null;
    const memory = own(turn.record.instances, id) ?? null;
    const unsure = unsureOf(turn.judge(contextOf(turn, entry, action)));
    if (unsure.length === 0) return advance(action, surroundingsOf(turn, token, entry, memory, action));
    const telling = tellUnsure(action, unsure, memory);
    if (memory && telling.events.length > 0) told[id] = { ...memory, told: telling.told };
    return { next: null, commands: [], events: telling.events };
  });
  return { moved, record: withTold(turn.record, told) };
};

const surroundingsOf = (
  turn: Turn,
  token: number,
  entry: CatalogEntry | null,
  memory: InstanceMemory | null,
  { id, instance }: Action,
): Surroundings => {
  const { service, world, now, census } = turn;
  return {
    now,
    token,
    heldSince: world.lead.heldSince ?? now,
    service,
    gateway: world.gateway,
    memory,
    passing: entry?.consul === 'passing',
    score: freshScore(service, instance as InstanceId),
    fact: service.runtime.get(instance as InstanceId) ?? null,
    result: world.stepResults.get(id) ?? null,
    alone: census.desired === 1,
    verdicts: (current) => turn.judge(contextOf(turn, entry, current)),
  };
};

/** Without a confirmed lock, or under a newer one, not even the ledger is written. */
const unsureOf = (verdicts: readonly Verdict[]): readonly Verdict[] =>
  verdicts.filter(({ code, allowed }) => !allowed && (code === 'NO_QUORUM' || code === 'FENCED'));

const contextOf = (turn: Turn, entry: CatalogEntry | null, action: Action): GuardContext => ({
  ...turn,
  instance: action.instance as InstanceId,
  step: action.step,
  spent: null,
  entry,
  score: freshScore(turn.service, action.instance as InstanceId),
  tally: withoutAction(turn.tally, action, turn.now),
  action,
});
