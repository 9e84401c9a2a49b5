import type { InstanceScore } from '../../engine/client/index.js';
import type { Action, HealProposal, InstanceMemory, Step, Verdict } from '../client/index.js';
import type { CatalogEntry, Event, RuntimeFact } from '../model.js';
import { signatureOf } from './signature.js';
import { write, type Progress } from './phases.js';

/** The gateway shows that it is out within this, or the action is given up. */
const intentMs = 30_000;
/** The runtime is asked again before its answer is too old to act on. */
const askAgainMs = 5_000;

export interface Candidate {
  readonly now: number;
  readonly service: HealProposal['service'];
  readonly entry: CatalogEntry;
  readonly score: InstanceScore;
  readonly fact: RuntimeFact | null;
  readonly verdicts: readonly Verdict[];
  /** Start of its trouble. */
  readonly episode: number;
}

/** The same for as long as its trouble lasts, whoever leads: an approval names it. */
export const proposalId = (service: string, instance: string, episode: number, step: Step): string =>
  `${service}/${instance}/${episode}/${step}`;

/** The next step of the ladder for one instance, with every guardrail's verdict. */
export const proposal = ({ service, entry, score, verdicts, episode }: Candidate): HealProposal => ({
  id: proposalId(service, entry.id, episode, 'restart'),
  service,
  instance: entry.id,
  step: 'restart',
  signature: signatureOf(score),
  because: score.why,
  allowed: verdicts.every((verdict) => verdict.allowed),
  verdicts: [...verdicts],
});

/** The runtime is asked only when nothing else stands in the way: an answer costs somebody something. */
export const needsLook = ({ verdicts, fact, now }: Candidate): boolean => {
  const others = verdicts.filter(
    ({ code, allowed }) => !allowed && code !== 'RUNTIME_UNREADABLE' && code !== 'AMBIGUOUS_TARGET',
  );
  return others.length === 0 && (!fact || now - fact.at > askAgainMs);
};

/** Intent first. Null: the runtime did not name one process. */
export const begin = ({ now, service, entry, score, fact, verdicts }: Candidate, token: number): Progress | null => {
  if (fact?.kind !== 'one') return null;
  const action: Action = {
    id: `${service}/${entry.id}/${now}`,
    service,
    instance: entry.id,
    node: entry.node.name,
    nodeAddress: entry.node.address,
    address: entry.address,
    port: entry.port,
    step: 'restart',
    signature: signatureOf(score),
    by: { kind: 'ballast' },
    approval: null,
    because: score.why,
    identity: fact.identity,
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
  };
  return write(action, 'INTENT', `restart, since ${score.why}; all ${verdicts.length} guardrails allow it`);
};

export interface Telling {
  readonly told: InstanceMemory['told'];
  readonly events: readonly Event[];
}

/** Each refusal once an episode. That the runtime was not asked yet is no news. */
export const tellRefusals = ({ service, entry, verdicts, fact }: Candidate, memory: InstanceMemory): Telling => {
  const news = verdicts.filter(
    ({ code, allowed }) =>
      !allowed && !memory.told.includes(code) && !(code === 'RUNTIME_UNREADABLE' && fact?.kind !== 'unreadable'),
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
      text: `restart held back: ${text}`,
      data: { step: 'restart' },
    })),
  };
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

/** Green after the deadline: the next step is cancelled, since nothing is red any more. Told once for each action. */
export const tellLateSuccess = (
  closed: readonly Action[],
  score: InstanceScore | null,
  memory: InstanceMemory,
  instance: string,
): Telling => {
  const none: Telling = { told: memory.told, events: [] };
  if (score?.zone !== 'green') return none;
  const last = closed.filter((action) => action.instance === instance).sort((a, b) => b.phaseAt - a.phaseAt)[0];
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
