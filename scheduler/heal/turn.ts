import type { InstanceId } from '../../config/index.js';
import type { InstanceScore } from '../../engine/client/index.js';
import type { Action, HealProposal, InstanceMemory, ServiceRecord, Verdict } from '../client/index.js';
import { approvalOf, levelOf, wordOn } from '../consent.js';
import { freshScore } from '../facts.js';
import type { CatalogEntry, Command, Event, GuardContext, Rung, Tally } from '../model.js';
import { advance } from './advance.js';
import type { Progress, Surroundings } from './phases.js';
import { type Fall, promotion, stepFall } from './fall.js';
import { nextRung } from './ladder.js';
import { orderOf } from '../said.js';
import { obey, tellOrderExpired } from './orders.js';
import { begin, type Candidate, needsLook, proposal, tellAll, tellLateSuccess, tellUnsure } from './propose.js';
import { quarantine } from './quarantine.js';
import { signatureOf } from './signature.js';
import { tidying } from './tidying.js';
import { withAction, withoutAction } from './tally.js';
import { learn } from './worked.js';

/** One service's turn at healing: what it stands on, and who judges. */
export interface Turn extends Pick<GuardContext, 'world' | 'service' | 'fleet' | 'census' | 'tally' | 'storm' | 'now'> {
  readonly entries: readonly CatalogEntry[];
  readonly record: ServiceRecord;
  /** All guardrails. */
  readonly judge: (context: GuardContext) => Verdict[];
}

export interface Healed {
  readonly record: ServiceRecord;
  readonly proposals: readonly HealProposal[];
  readonly commands: readonly Command[];
  readonly events: readonly Event[];
  /** With what began here: the next service counts it. */
  readonly tally: Tally;
}

/** Actions under way go on; then the next steps are proposed, and what every guardrail allows begins. */
export const heal = (turn: Turn): Healed => {
  const { moved, record } = goOn(turn);
  const ended = moved.flatMap(({ next }) => (next?.phase === 'closed' ? [next] : []));
  const fall = fallOf(turn, record, ended);
  const learned = withLearned(fall.record, turn.service.ledger?.closed ?? []);
  const proposed = propose({ ...turn, record: learned });
  return {
    ...proposed,
    commands: [...moved.flatMap(({ commands }) => commands), ...proposed.commands, ...tidying(turn.service.ledger)],
    events: [
      ...moved.flatMap(({ events }) => events),
      ...fall.events,
      ...promotion(turn.service.policy, fall.record, learned),
      ...proposed.events,
    ],
  };
};

const fallOf = ({ service, world, now }: Turn, record: ServiceRecord, ended: readonly Action[]): Fall =>
  stepFall({
    ...{ policy: service.policy, controls: world.controls, record, ended, now },
    isWell: (instance) =>
      record.instances[instance]?.episode === null && freshScore(service, instance as InstanceId)?.zone === 'green',
  });

const goOn = (turn: Turn): { readonly moved: readonly Progress[]; readonly record: ServiceRecord } => {
  const { token, held } = turn.world.lead;
  const open = turn.service.ledger?.open ?? [];
  if (open.length === 0 || !held || token === null) return { moved: [], record: turn.record };
  const entries = new Map(turn.entries.map((entry) => [entry.id, entry]));
  const told: Record<string, InstanceMemory> = {};
  const moved = open.map((action) => {
    const id = action.instance as InstanceId;
    const entry = entries.get(id) ?? null;
    const memory = turn.record.instances[id] ?? null;
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

const propose = (turn: Turn): Healed => {
  const { service, world, now } = turn;
  const busy = new Set(service.ledger?.open.map((action) => action.instance));
  const closed = service.ledger?.closed ?? [];
  const proposals: HealProposal[] = [];
  const commands: Command[] = [];
  const events: Event[] = [];
  const told: Record<string, InstanceMemory> = {};
  let { tally } = turn;
  for (const entry of turn.entries) {
    const score = service.scores.instances.get(entry.id) ?? null;
    const memory = turn.record.instances[entry.id];
    if (!memory || busy.has(entry.id)) continue;
    const order = orderOf(world.controls, service.ledger, service.policy.service, entry.id);
    const obeyed = order && obey(turn, order, entry, memory, tally);
    if (obeyed) {
      proposals.push(obeyed.proposal);
      if (obeyed.look) commands.push({ do: 'look', service: service.policy.service, instance: entry.id });
      hear(obeyed.telling, memory, entry.id);
      commit(obeyed.begun);
      continue;
    }
    if (order) hear(tellOrderExpired(order, memory), memory, entry.id);
    if (!score) continue;
    if (score.zone !== 'red' && score.up.state !== 'down') {
      if (closed.length > 0) hear(tellLateSuccess(closed, score, memory, entry.id), memory, entry.id);
      continue;
    }
    const fact = service.runtime.get(entry.id) ?? null;
    const episode = memory.episode ?? now;
    const rung = rungOf(turn, entry, score, memory);
    const { step, spent } = rung;
    const context = { ...turn, instance: entry.id, step, spent, entry, score, tally, action: null };
    const verdicts = turn.judge(context);
    const candidate: Candidate = {
      ...{ now, service: service.policy.service, entry, score, fact, verdicts, episode, rung },
      word: wordOn(context),
      approval: approvalOf(context),
    };
    const proposed = proposal(candidate);
    proposals.push(proposed);
    if (needsLook(candidate)) commands.push({ do: 'look', service: service.policy.service, instance: entry.id });
    const levelParts = {
      policy: service.policy,
      record: turn.record,
      controls: world.controls,
      instance: entry.id,
      now,
    };
    const end = quarantine(candidate, memory, service, levelOf(levelParts).mode);
    const telling = tellAll(candidate, end.memory);
    events.push(...end.events, ...telling.events);
    if (end.memory !== memory || telling.events.length > 0) told[entry.id] = { ...end.memory, told: telling.told };
    commit(proposed.allowed && world.lead.token !== null ? begin(candidate, world.lead.token) : null);
  }
  return { record: withTold(turn.record, told), proposals, commands, events, tally };

  function hear(telling: ReturnType<typeof tellAll>, memory: InstanceMemory, id: string): void {
    if (telling.events.length === 0) return;
    events.push(...telling.events);
    told[id] = { ...memory, told: telling.told };
  }

  function commit(begun: Progress | null): void {
    if (!begun?.next) return;
    tally = withAction(tally, begun.next, now);
    commands.push(...begun.commands);
    events.push(...begun.events);
  }
};

const withTold = (record: ServiceRecord, told: Readonly<Record<string, InstanceMemory>>): ServiceRecord =>
  Object.keys(told).length === 0 ? record : { ...record, instances: { ...record.instances, ...told } };

/** The next step, unless the ladder was found spent before: that lasts until it is green or a person acts. */
const rungOf = (turn: Turn, { id }: CatalogEntry, score: InstanceScore, memory: InstanceMemory): Rung => {
  const { service, record, now } = turn;
  const rung = nextRung({
    now,
    policy: service.policy,
    score,
    signature: signatureOf(score),
    fact: service.runtime.get(id) ?? null,
    episode: memory.episode ?? now,
    history: (service.ledger?.closed ?? []).filter(({ instance }) => instance === id),
    worked: record.worked,
  });
  return memory.quarantine === null ? rung : { ...rung, spent: `quarantined: ${memory.quarantine.why}` };
};

const withLearned = (record: ServiceRecord, closed: readonly Action[]): ServiceRecord => {
  const worked = learn(record.worked, closed);
  return worked === record.worked ? record : { ...record, worked: [...worked] };
};
