/** What should be done next, instance by instance: what a person ordered, else the next step up the ladder. */
import type { InstanceScore } from '../../engine/client/index.js';
import type { HealProposal, InstanceMemory } from '../client/index.js';
import { approvalOf, levelOf, wordOn } from '../consent.js';
import type { CatalogEntry, Command, Event, GuardContext, Rung, Tally } from '../model.js';
import { orderOf } from '../said.js';
import { nextRung } from './ladder.js';
import { obey, tellOrderExpired } from './orders.js';
import type { Progress } from './phases.js';
import { begin, type Candidate, needsLook, proposal, tellAll, tellLateSuccess, type Telling } from './propose.js';
import { quarantine } from './quarantine.js';
import { signatureOf } from './signature.js';
import { withAction } from './tally.js';
import { withTold } from './told.js';
import type { Healed, Turn } from './turn.js';
import { own } from '../../lib/own.js';

/** What comes of one look at one instance that is not being acted on. */
interface Found {
  readonly proposal: HealProposal | null;
  /** The runtime must be asked who it is. */
  readonly look: boolean;
  /** The same object when nothing is news. */
  readonly memory: InstanceMemory;
  readonly events: readonly Event[];
  /** Null: nothing begins. */
  readonly begun: Progress | null;
}

/** The next steps, each with every verdict; what every guardrail allows begins, and counts for those after it. */
export const propose = (turn: Turn): Healed => {
  const { service, record, now } = turn;
  const busy = new Set(service.ledger?.open.map((action) => action.instance));
  const proposals: HealProposal[] = [];
  const commands: Command[] = [];
  const events: Event[] = [];
  const told: Record<string, InstanceMemory> = {};
  let { tally } = turn;
  for (const entry of turn.entries) {
    const memory = own(record.instances, entry.id);
    const found = memory && !busy.has(entry.id) ? lookAt(turn, entry, memory, tally) : null;
    if (!found) continue;
    if (found.proposal) proposals.push(found.proposal);
    if (found.look) commands.push({ do: 'look', service: service.policy.service, instance: entry.id });
    if (found.memory !== memory) told[entry.id] = found.memory;
    events.push(...found.events);
    if (!found.begun?.next) continue;
    tally = withAction(tally, found.begun.next, now);
    commands.push(...found.begun.commands);
    events.push(...found.begun.events);
  }
  return { record: withTold(record, told), proposals, commands, events, tally };
};

/** A person's order comes first; then whatever is red or down. Null: nothing is to be said of it. */
const lookAt = (turn: Turn, entry: CatalogEntry, memory: InstanceMemory, tally: Tally): Found | null => {
  const { service, world } = turn;
  const order = orderOf(world.controls, service.ledger, service.policy.service, entry.id);
  const obeyed = order && obey(turn, order, entry, memory, tally);
  if (obeyed) return { ...obeyed, ...heard(memory, obeyed.telling) };
  const expired = order ? tellOrderExpired(order, memory) : null;
  const after = expired ? heard(memory, expired) : { memory, events: [] };
  const own = byItself(turn, entry, after.memory, tally);
  if (own) return { ...own, events: [...after.events, ...own.events] };
  return after.memory === memory ? null : { proposal: null, look: false, begun: null, ...after };
};

/** What is in trouble has a next step; what was not verified in time and is green now was a late success. */
const byItself = (turn: Turn, entry: CatalogEntry, memory: InstanceMemory, tally: Tally): Found | null => {
  const { service } = turn;
  const score = service.scores.instances.get(entry.id);
  if (!score) return null;
  if (score.zone === 'red' || score.up.state === 'down') return nextStep(turn, entry, memory, score, tally);
  const closed = service.ledger?.closed ?? [];
  const late = closed.length > 0 ? heard(memory, tellLateSuccess(closed, score, memory, entry.id)) : null;
  return late === null || late.memory === memory ? null : { proposal: null, look: false, begun: null, ...late };
};

const nextStep = (
  turn: Turn,
  entry: CatalogEntry,
  memory: InstanceMemory,
  score: InstanceScore,
  tally: Tally,
): Found => {
  const { service, world, record, now, fleet, census, storm } = turn;
  const { policy } = service;
  const rung = rungOf(turn, entry, score, memory);
  const { step, spent } = rung;
  const context: GuardContext = {
    now,
    world,
    service,
    fleet,
    record,
    census,
    storm,
    tally,
    instance: entry.id,
    entry,
    score,
    step,
    spent,
    action: null,
  };
  const candidate: Candidate = {
    now,
    service: policy.service,
    entry,
    score,
    rung,
    fact: service.runtime.get(entry.id) ?? null,
    verdicts: turn.judge(context),
    episode: memory.episode ?? now,
    word: wordOn(context),
    approval: approvalOf(context),
  };
  const { mode } = levelOf({ policy, record, controls: world.controls, instance: entry.id, now });
  const end = quarantine(candidate, memory, service, mode);
  const { memory: after, events } = heard(end.memory, tellAll(candidate, end.memory));
  const next = proposal(candidate);
  const begun = next.allowed && world.lead.token !== null ? begin(candidate, world.lead.token) : null;
  return { proposal: next, look: needsLook(candidate), memory: after, events: [...end.events, ...events], begun };
};

const heard = (memory: InstanceMemory, { told, events }: Telling): Pick<Found, 'memory' | 'events'> => ({
  memory: events.length === 0 ? memory : { ...memory, told },
  events,
});

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
