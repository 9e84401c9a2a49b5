import type { InstanceId } from '../../config/index.js';
import type { Action, HealProposal, ServiceRecord, Verdict } from '../client/index.js';
import { freshScore } from '../facts.js';
import type { CatalogEntry, Command, Event, GuardContext, Tally } from '../model.js';
import { type Fall, promotion, stepFall } from './fall.js';
import { goOn } from './going-on.js';
import { propose } from './proposing.js';
import { tidying } from './tidying.js';
import { learn } from './worked.js';
import { own } from '../../lib/own.js';

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
  const proposed = propose(learned === turn.record ? turn : { ...turn, record: learned });
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

const nothing: readonly Event[] = [];

const fallOf = ({ service, world, now }: Turn, record: ServiceRecord, ended: readonly Action[]): Fall => {
  // As nearly always.
  if (ended.length === 0 && record.fallen === null) return { record, events: nothing };
  return stepFall({
    policy: service.policy,
    controls: world.controls,
    record,
    ended,
    now,
    isWell: (instance) =>
      own(record.instances, instance)?.episode === null &&
      freshScore(service, instance as InstanceId)?.zone === 'green',
  });
};

const withLearned = (record: ServiceRecord, closed: readonly Action[]): ServiceRecord => {
  const worked = learn(record.worked, closed);
  return worked === record.worked ? record : { ...record, worked: [...worked] };
};
