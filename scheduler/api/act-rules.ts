/** What is checked of an act before anything is written, and how it is told. */
import { createHash, randomUUID } from 'node:crypto';
import { BallastError } from '../../lib/errors.js';
import type { ActName, ActRequest, ActResponse, Control, Drain, Order, ReasonCode, Verdict } from '../client/index.js';
import { aboutLeading } from '../consent.js';
import { drainOf, isBegun, untilText } from '../said.js';
import type { Mirrored } from '../world/mirror.js';
import type { Target } from './subjects.js';
import type { Shown } from './views.js';

export type Known = Mirrored<Control>;
type Request = Drain['requests'][number];

/** So many requests are told apart from new ones. */
const keptRequests = 8;

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

/** With a key the same for the same key, so that what it began is found in any ledger. */
export const orderId = ({ service, instance }: Target, key: string | null): string =>
  key === null ? randomUUID() : sha(JSON.stringify([service, instance, key])).slice(0, 32);

export const requestOf = (act: ActName, { service, instance }: Target, body: ActRequest, key: string | null) =>
  key === null ? null : { key, digest: sha(JSON.stringify([act, service, instance, body])) };

const valueIn = (known: Known): Drain | Order | null =>
  known.kind === 'value' && (known.value.kind === 'drain' || known.value.kind === 'order') ? known.value : null;

export const requestsOf = (known: Known, request: Request | null): Request[] =>
  [...(valueIn(known)?.requests ?? []), ...(request ? [request] : [])].slice(-keptRequests);

const ledgerOf = ({ world }: Shown, service: string) =>
  world.services.find(({ policy }) => policy.service === service)?.ledger ?? null;

/** The same key again: the same answer, where the same was asked; also when what it began is long under way. */
export const repetition = (
  act: ActName,
  target: Target,
  known: Known,
  request: Request | null,
  shown: Shown,
): ActResponse | null => {
  if (request === null) return null;
  const value = valueIn(known);
  const before = value?.requests.find(({ key }) => key === request.key);
  if (before && before.digest !== request.digest)
    throw new BallastError('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key came with another request before', {
      status: 422,
      hint: 'a key is for one request; take a new one for another',
    });
  const id = orderId(target, request.key);
  if (before) return { ...answerOf(act, target, value, []), index: indexOf(known) };
  return isBegun({ id }, ledgerOf(shown, target.service)) ? { ...answerOf(act, target, null, []), id } : null;
};

export const indexOf = (known: Known): number => (known.kind === 'absent' ? 0 : known.modifyIndex);

export const checkIndex = (name: string, known: Known, cas: number | null): void => {
  const index = indexOf(known);
  if (cas === null || cas === index) return;
  throw new BallastError('CAS_MISMATCH', `control/${name} is at index ${index}, not ${cas}: somebody spoke since`, {
    status: 409,
    hint: 'GET /v1/acts shows what was said, with its index',
    details: { index },
  });
};

/** When a drain ends, or a step must have begun; null: not said. */
export const endOf = ({ until, deadline }: ActRequest, now: number): number | null => {
  if (until !== null && deadline !== null)
    throw new BallastError('INVALID_REQUEST', 'until and deadline are both given: keep one', { status: 400 });
  const end = until ?? deadline;
  if (end !== null && end <= now)
    throw new BallastError('INVALID_REQUEST', 'until lies in the past: nothing would be done', { status: 400 });
  return end;
};

/** The drain as one that is over. Throws where there is nothing to take back. */
export const restored = (
  by: Omit<Drain, 'kind' | 'since' | 'until' | 'restored'>,
  known: Known,
  heldOut: boolean,
  now: number,
): Drain => {
  const { service, instance, author, reason, requests } = by;
  const before = known.kind === 'value' && known.value.kind === 'drain' ? known.value : null;
  if (!heldOut && (before === null || drainOf({ drains: [before] }, service, instance, now) === null))
    throw new BallastError('NOT_OUT', `nobody drained ${service}/${instance}, and it is not quarantined`, {
      status: 409,
      hint: `ballast explain ${service}/${instance} says what keeps it out`,
    });
  const drain: Drain = before ?? { kind: 'drain', ...by, since: now, until: now, restored: null };
  return { ...drain, requests, restored: { author, reason, at: now } };
};

/** One order at a time: who wants another in its place must say that he knows of it. */
export const refusePending = (known: Known, shown: Shown, now: number): void => {
  const order = valueIn(known);
  if (order?.kind !== 'order' || order.until <= now || isBegun(order, ledgerOf(shown, order.service))) return;
  const { author, step, service, instance } = order;
  throw new BallastError('ORDER_PENDING', `${author} ordered ${step} already, to begin ${untilText(order.until, '')}`, {
    status: 409,
    hint: `to put this in its place, add ?cas=${indexOf(known)}; to withdraw it: ballast restore ${service}/${instance}`,
    details: { index: indexOf(known) },
  });
};

/** These say when, not whether: they pass by themselves before the leader acts. */
const passing: ReadonlySet<ReasonCode> = new Set([...aboutLeading, 'RUNTIME_UNREADABLE']);

export const refusedOf = (verdicts: readonly Verdict[]): readonly Verdict[] =>
  verdicts.filter(({ code, allowed }) => !allowed && !passing.has(code));

export const refusal = (act: ActName, { service, instance }: Target, refused: readonly Verdict[]): BallastError => {
  const [first] = refused;
  const code = first?.code ?? 'REFUSED';
  return new BallastError(code, `${act} of ${service}/${instance} is refused: ${first?.text ?? ''}`, {
    status: 409,
    hint: `what it is: docs/reasons/${code}.md; who may pass it: docs/guardrails.md`,
    details: { verdicts: refused },
  });
};

export const sentenceOf = (value: Drain | Order): string => {
  if (value.kind === 'order')
    return `${value.author} ordered ${value.step}${value.forced ? ', forced' : ''}: ${value.reason}`;
  if (value.restored) return `${value.restored.author} restored it: ${value.restored.reason}`;
  return `${value.author} drained it${value.until === null ? '' : ` ${untilText(value.until, '')}`}: ${value.reason}`;
};

export const answerOf = (
  act: ActName,
  { service, instance }: Target,
  value: Drain | Order | null,
  verdicts: readonly Verdict[],
): ActResponse => ({
  ...{ act, service, instance, dryRun: false, allowed: true, index: null, lifecycle: null },
  id: value?.kind === 'order' ? value.id : null,
  order: value?.kind === 'order' ? value : null,
  drain: value?.kind === 'drain' ? value : null,
  verdicts: [...verdicts],
});
