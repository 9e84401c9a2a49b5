/** A step that a person ordered: out of rotation first, judged by the guardrails that hold for people, then begun like the others. */
import type { InstanceId } from '../../config/index.js';
import type { HealProposal, InstanceMemory, Order, Verdict, Wisher } from '../client/index.js';
import { freshScore } from '../facts.js';
import type { CatalogEntry, Event, RuntimeFact, Tally } from '../model.js';
import { orderText } from '../said.js';
import { type Progress, write } from './phases.js';
import { intentOf, type Telling } from './propose.js';
import { signatureOf } from './signature.js';
import type { Turn } from './turn.js';

export interface Obeyed {
  readonly proposal: HealProposal;
  /** The runtime must be asked before the step. */
  readonly look: boolean;
  /** Null: not yet. */
  readonly begun: Progress | null;
  readonly telling: Telling;
}

export const wisherOf = ({ author, reason, id, forced }: Order): Wisher => ({
  kind: 'human',
  author,
  reason,
  order: id,
  forced,
});

const askAgainMs = 5_000;

/** Null: its time is over. Its end is told apart. */
export const obey = (
  turn: Turn,
  order: Order,
  entry: CatalogEntry,
  memory: InstanceMemory,
  tally: Tally,
): Obeyed | null => {
  const { service, world, now } = turn;
  if (now >= order.until) return null;
  const { step } = order;
  const fact = service.runtime.get(entry.id) ?? null;
  const score = freshScore(service, entry.id);
  const by = wisherOf(order);
  const asked = { ...turn, instance: entry.id, step, entry, score, tally, action: null, by };
  const verdicts = turn.judge({ ...asked, spent: unableOf(turn, order, fact) });
  const allowed = verdicts.every((verdict) => verdict.allowed);
  const proposal: HealProposal = {
    id: `${order.service}/${order.instance}/order/${order.id}`,
    ...{ service: order.service, instance: order.instance, step, order: order.id, allowed, verdicts },
    ...{ signature: score ? signatureOf(score) : '', because: orderText(order), chosen: 'ordered', waits: false },
  };
  const { token } = world.lead;
  const ready = allowed && isOutOf(turn, memory) && fact?.kind === 'one' && token !== null;
  const common = { now, service: order.service, entry, step, verdicts, by, approval: null };
  const intent = ready
    ? intentOf({ ...common, because: proposal.because, signature: proposal.signature, identity: fact.identity }, token)
    : null;
  return {
    proposal,
    look: isLeft(verdicts) && (!fact || now - fact.at > askAgainMs),
    begun: intent && write(intent, 'INTENT', `${step}: ${proposal.because}${order.forced ? ' (forced)' : ''}`),
    telling: tellHeld(order, verdicts, fact, memory),
  };
};

/** Nothing but the runtime's answer is missing. */
const isLeft = (verdicts: readonly Verdict[]): boolean =>
  verdicts.every(({ code, allowed }) => allowed || code === 'RUNTIME_UNREADABLE' || code === 'AMBIGUOUS_TARGET');

/** Out of rotation by the rules of rotation, or there is none to be out of. The only one is restarted in place. */
const isOutOf = ({ service: { policy }, census }: Turn, { outSince }: InstanceMemory): boolean =>
  policy.traffic?.mode !== 'act' || census.desired === 1 || outSince !== null;

/** Null, or why this step cannot be done at all. */
const unableOf = ({ service: { policy } }: Turn, { step }: Order, fact: RuntimeFact | null): string | null => {
  const { runtime, heal, file } = policy;
  if (step === 'gentle' && !heal.ladder.some((rung) => rung.do === 'gentle'))
    return `the ladder in ${file} names no gentle step: nobody knows what to ask`;
  if (step !== 'replace') return null;
  if (runtime.kind === 'exec' && runtime.replace === null) return `runtime.exec in ${file} has no replace command`;
  return fact?.kind === 'one' ? (fact.unable?.replace ?? null) : null;
};

const eventOf = (order: Order, kind: 'refusal' | 'human', code: Event['code'], text: string): Event => ({
  kind,
  service: order.service as NonNullable<Event['service']>,
  instance: order.instance as InstanceId,
  action: null,
  code,
  text,
  data: { step: order.step, order: order.id, author: order.author },
});

const markOf = ({ id }: Order, what: string): string => `ORDER:${id}:${what}`;

/** What was told of this order already; marks of orders before it are of no use any more. */
const toldOf = ({ told }: InstanceMemory, { id }: Order): readonly string[] =>
  told.filter((entry) => !entry.startsWith('ORDER:') || entry.startsWith(`ORDER:${id}:`));

/** Each refusal once an order. That the runtime was not asked yet is no news. */
const tellHeld = (
  order: Order,
  verdicts: readonly Verdict[],
  fact: RuntimeFact | null,
  memory: InstanceMemory,
): Telling => {
  const told = toldOf(memory, order);
  const news = verdicts.filter(
    ({ code, allowed }) =>
      !allowed &&
      !told.includes(markOf(order, code)) &&
      !(code === 'RUNTIME_UNREADABLE' && fact?.kind !== 'unreadable'),
  );
  return {
    told: [...told, ...news.map(({ code }) => markOf(order, code))],
    events: news.map(({ code, text }) => eventOf(order, 'refusal', code, `${orderText(order)}; held back: ${text}`)),
  };
};

/** Not begun in time: told once. */
export const tellOrderExpired = (order: Order, memory: InstanceMemory): Telling => {
  const told = toldOf(memory, order);
  const mark = markOf(order, 'expired');
  if (told.includes(mark)) return { told: memory.told, events: [] };
  const held = told.flatMap((entry) => (entry.startsWith('ORDER:') ? [entry.split(':')[2] ?? ''] : []));
  const why = held.length > 0 ? `, held back by ${held.join(', ')}` : '';
  const text = `${orderText(order)}; not begun in time${why}: it is not done any more`;
  return { told: [...told, mark], events: [eventOf(order, 'human', 'EXPIRED', text)] };
};
