import type { InstanceScore } from '../../engine/client/index.js';
import { approvable, proposalId, waitsForApproval } from '../consent.js';
import type { Action, Approval, HealProposal, InstanceMemory, Verdict } from '../client/index.js';
import type { CatalogEntry, Event, Rung, RuntimeFact } from '../model.js';
import { signatureOf } from './signature.js';
import { write, type Progress } from './phases.js';

/** The gateway shows that it is out within this, or the action is given up. */
const intentMs = 30_000;
/** The runtime is asked again before its answer is too old to act on. */
const askAgainMs = 5_000;
const askWaitingMs = 60_000;

export interface Candidate {
  readonly now: number;
  readonly service: HealProposal['service'];
  readonly entry: CatalogEntry;
  readonly score: InstanceScore;
  readonly fact: RuntimeFact | null;
  readonly verdicts: readonly Verdict[];
  /** Start of its trouble. */
  readonly episode: number;
  /** What a person said of this episode, and whether it still lets the step be taken. */
  readonly word: Approval | null;
  readonly approval: Approval | null;
  readonly rung: Rung;
}

/** The next step of the ladder for one instance, with every guardrail's verdict. */
export const proposal = ({ now, service, entry, score, verdicts, episode, rung, word }: Candidate): HealProposal => ({
  id: proposalId(service, entry.id, episode, rung.step),
  service,
  instance: entry.id,
  step: rung.step,
  signature: signatureOf(score),
  because: score.why,
  chosen: rung.why,
  order: null,
  allowed: verdicts.every((verdict) => verdict.allowed),
  // Who said no was asked already.
  waits: waitsForApproval(verdicts) && !(word?.says === 'veto' && now < word.until),
  verdicts: [...verdicts],
});

/**
 * The runtime is asked only when nothing else stands in the way: an answer costs somebody something. While a person's word is
 * waited for it is asked too, at its leisure: who approves should know that exactly one process is meant.
 */
export const needsLook = ({ verdicts, fact, now }: Candidate): boolean => {
  const others = verdicts.filter(
    ({ code, allowed }) => !allowed && code !== 'RUNTIME_UNREADABLE' && code !== 'AMBIGUOUS_TARGET',
  );
  if (!others.every(({ code }) => approvable.has(code))) return false;
  return !fact || now - fact.at > (others.length === 0 ? askAgainMs : askWaitingMs);
};

/** What an action is made of. */
export interface Intent extends Pick<Action, 'step' | 'signature' | 'because' | 'by' | 'approval' | 'identity'> {
  readonly now: number;
  readonly service: string;
  readonly entry: CatalogEntry;
  readonly verdicts: readonly Verdict[];
}

export const intentOf = ({ now, service, entry, verdicts, ...parts }: Intent, token: number): Action => ({
  id: `${service}/${entry.id}/${now}`,
  service,
  instance: entry.id,
  node: entry.node.name,
  nodeAddress: entry.node.address,
  address: entry.address,
  port: entry.port,
  ...parts,
  newIdentity: null,
  phase: 'intent',
  token,
  intentAt: now,
  phaseAt: now,
  deadline: now + intentMs,
  greenSince: null,
  falsePositive: false,
  outcome: null,
  outcomeText: null,
  verdicts: [...verdicts],
});

/** Intent first. Null: the runtime did not name one process. */
export const begin = (candidate: Candidate, token: number): Progress | null => {
  const { now, service, entry, score, fact, verdicts, approval, rung } = candidate;
  if (fact?.kind !== 'one') return null;
  const because = score.why;
  const common = { now, service, entry, verdicts, approval, because, step: rung.step, identity: fact.identity };
  const action = intentOf({ ...common, signature: signatureOf(score), by: { kind: 'ballast' } }, token);
  const who = approval === null ? '' : `, and ${approval.author} approved it: ${approval.reason}`;
  const text = `${rung.step}, since ${score.why}; ${rung.why}; all ${verdicts.length} guardrails allow it${who}`;
  return write(action, 'INTENT', text);
};

/** Red and out for long enough: but for other reasons a step would be taken now. */
export const isDue = (verdicts: readonly Verdict[]): boolean =>
  verdicts.some(({ code, allowed }) => code === 'DWELL' && allowed);

export interface Telling {
  readonly told: InstanceMemory['told'];
  readonly events: readonly Event[];
}

/** Each refusal once an episode. That the runtime was not asked yet is no news, nor what is left to try before it is due. */
const tellRefusals = ({ service, entry, verdicts, fact, rung }: Candidate, memory: InstanceMemory): Telling => {
  const news = verdicts.filter(
    ({ code, allowed }) =>
      !allowed &&
      !memory.told.includes(code) &&
      !(code === 'RUNTIME_UNREADABLE' && fact?.kind !== 'unreadable') &&
      !(code === 'LADDER_SPENT' && !isDue(verdicts)),
  );
  if (news.length === 0) return { told: memory.told, events: [] };
  return {
    told: [...memory.told, ...news.map(({ code }) => code)],
    events: news.map(({ code, text }) => ({
      kind: 'refusal',
      service: service as NonNullable<Event['service']>,
      instance: entry.id,
      action: null,
      code,
      text: `${rung.step} held back: ${text}`,
      data: { step: rung.step },
    })),
  };
};

/** An approval that nothing came of is told as expired, which is not denied. Once. */
const tellExpired = ({ service, entry, word, now, verdicts }: Candidate, told: InstanceMemory['told']): Telling => {
  if (word?.says !== 'approve' || now < word.until) return { told, events: [] };
  const mark = `EXPIRED:${word.at}`;
  if (told.includes(mark)) return { told, events: [] };
  const held = verdicts.filter(({ allowed, code }) => !allowed && !approvable.has(code));
  const text = `the approval of ${word.author} ran out${held.length > 0 ? `, held back by ${held.map(({ code }) => code).join(', ')}` : ''}`;
  const event: Event = {
    kind: 'human',
    service: service as NonNullable<Event['service']>,
    instance: entry.id,
    action: null,
    code: 'EXPIRED',
    text,
    data: { proposal: word.proposal, author: word.author },
  };
  return { told: [...told.filter((entry) => !entry.startsWith('EXPIRED:')), mark], events: [event] };
};

/** All that is news about a step that is proposed. */
export const tellAll = (candidate: Candidate, memory: InstanceMemory): Telling => {
  const refused = tellRefusals(candidate, memory);
  const expired = tellExpired(candidate, refused.told);
  return { told: expired.told, events: [...refused.events, ...expired.events] };
};

/** What keeps an action under way from going on, where nobody may even write so in the ledger. Once an episode. */
export const tellUnsure = (action: Action, verdicts: readonly Verdict[], memory: InstanceMemory | null): Telling => {
  const told = memory?.told ?? [];
  const news = memory ? verdicts.filter(({ code }) => !told.includes(code)) : [];
  return {
    told: [...told, ...news.map(({ code }) => code)],
    events: news.map(({ code, text }) => ({
      kind: 'refusal',
      service: action.service as NonNullable<Event['service']>,
      instance: action.instance as NonNullable<Event['instance']>,
      action: action.id,
      code,
      text: `${action.step} (${action.phase}) held back: ${text}`,
      data: { step: action.step, phase: action.phase },
    })),
  };
};

const lastOn = (instance: string, closed: readonly Action[]): Action | null => {
  let last: Action | null = null;
  for (const action of closed)
    if (action.instance === instance && (last === null || action.phaseAt > last.phaseAt)) last = action;
  return last;
};

/** Green after the deadline: the next step is cancelled, since nothing is red any more. Told once for each action. */
export const tellLateSuccess = (
  closed: readonly Action[],
  score: InstanceScore | null,
  memory: InstanceMemory,
  instance: string,
): Telling => {
  const none: Telling = { told: memory.told, events: [] };
  if (score?.zone !== 'green') return none;
  const last = lastOn(instance, closed);
  if (!last || (last.outcome !== 'not-verified' && last.outcome !== 'inconclusive')) return none;
  const mark = `LATE_SUCCESS:${last.id}`;
  if (memory.told.includes(mark)) return none;
  const text = `green after all, after the deadline of its ${last.step} (${last.outcome})`;
  const event: Event = {
    kind: 'heal',
    service: last.service as NonNullable<Event['service']>,
    instance: last.instance as NonNullable<Event['instance']>,
    action: last.id,
    code: 'LATE_SUCCESS',
    text,
    data: { step: last.step, outcome: last.outcome },
  };
  return { told: [...memory.told.filter((entry) => !entry.startsWith('LATE_SUCCESS:')), mark], events: [event] };
};
