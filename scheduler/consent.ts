/**
 * Who may let a step be taken: the level in force for a service, and a person's word on one step. Pure; shared by the
 * guardrails, by the healing turn and by the API, so that they never disagree.
 */
import type { HealMode, ServicePolicy } from '../config/index.js';
import type { Approval, Controls, Mode, ReasonCode, ServiceRecord, Step, Verdict } from './client/index.js';
import { seconds } from './facts.js';
import type { GuardContext } from './model.js';
import { own } from '../lib/own.js';

/** From the least. */
const levels: readonly HealMode[] = ['observe', 'suggest', 'act'];

export const isLower = (a: HealMode, b: HealMode): boolean => levels.indexOf(a) < levels.indexOf(b);

/** How long a level that fell by itself stays down, unless a success or a person lifts it before. */
export const fallenMs = 3_600_000;
/** How long an approval holds, and a veto at the longest. */
export const approvalMs = 15 * 60_000;
export const vetoMs = 24 * 3_600_000;
/** So many verified steps in `suggest`, and going up to `act` is proposed. */
export const provenBy = 20;

/** What Ballast may do by itself for a service now, and who or what says so. */
export interface Level {
  readonly mode: HealMode;
  readonly why: string;
}

export interface LevelParts {
  readonly policy: Pick<ServicePolicy, 'service' | 'heal'>;
  readonly record: Pick<ServiceRecord, 'fallen'> | null;
  readonly controls: Pick<Controls, 'modes'> | null;
  /** Whom it is about; null: the service. */
  readonly instance: string | null;
  readonly now: number;
}

/**
 * The file is the ceiling; a mode that a person set, and a fall, only lower it. The instance whose step failed climbs its own
 * ladder all the same: a fall keeps the others from the same fate.
 */
export const levelOf = (parts: LevelParts): Level => {
  const { policy, record, instance, now } = parts;
  const file: Level = { mode: policy.heal.mode, why: `heal.mode is ${policy.heal.mode}` };
  const lowest = modesOf(parts).reduce(
    (level, mode) => (isLower(mode.heal, level.mode) ? { mode: mode.heal, why: modeText(mode) } : level),
    file,
  );
  const fallen = isFallen(parts) ? record?.fallen : null;
  return fallen && fallen.instance !== instance && isLower('suggest', lowest.mode)
    ? { mode: 'suggest', why: `the level fell to suggest ${seconds(now - fallen.since)} ago: ${fallen.why}` }
    : lowest;
};

const modesOf = ({ policy, controls, now }: Omit<LevelParts, 'instance'>): readonly Mode[] =>
  (controls?.modes ?? []).filter(
    ({ scope, until }) => (scope === 'all' || scope === `service/${policy.service}`) && (until === null || until > now),
  );

const modeText = ({ scope, heal, author, reason, until }: Mode): string =>
  `${author} set ${scope} to ${heal}${until === null ? '' : ` until ${new Date(until).toISOString()}`}: ${reason}`;

/** A fall ends by itself after a while, and at once when a person says "act" again. */
export const isFallen = (parts: Omit<LevelParts, 'instance'>): boolean => {
  const fallen = parts.record?.fallen ?? null;
  if (fallen === null || parts.now - fallen.since >= fallenMs) return false;
  return !modesOf(parts).some(({ heal, since }) => heal === 'act' && since > fallen.since);
};

/** The same for as long as its trouble lasts, whoever leads: an approval names it. */
export const proposalId = (service: string, instance: string, episode: number, step: Step): string =>
  `${service}/${instance}/${episode}/${step}`;

/** Refusals that a person who looks at it may overrule: they doubt that Ballast alone should judge, not that it is safe. */
export const approvable: ReadonlySet<ReasonCode> = new Set(['APPROVAL', 'STORM', 'CONTRADICTED', 'MAX_ACTIONS']);

/** These say that whoever is asked does not act now, or not yet; nothing of the step itself. */
export const aboutLeading: ReadonlySet<ReasonCode> = new Set(['NO_QUORUM', 'FENCED', 'NEW_LEADER']);

/** What was said of the episode of this instance, whether or not it is still worth something. */
export const wordOn = ({ world, service, instance, record }: GuardContext): Approval | null => {
  const episode = own(record.instances, instance)?.episode ?? null;
  const word = world.controls?.approvals.find(
    (one) => one.service === service.policy.service && one.instance === instance,
  );
  return word && episode !== null && word.proposal.startsWith(`${service.policy.service}/${instance}/${episode}/`)
    ? word
    : null;
};

/** A veto is about the episode, whatever the step. */
export const vetoOf = (context: GuardContext): Approval | null => {
  const word = wordOn(context);
  return word?.says === 'veto' && context.now < word.until ? word : null;
};

/** One approval lets one step be taken: what ended after it was said has used it up. */
export const approvalOf = (context: GuardContext): Approval | null => {
  const { action, now, service, instance, step } = context;
  if (vetoOf(context)) return null;
  if (action) return action.approval;
  const word = wordOn(context);
  if (word?.says !== 'approve' || word.step !== step || now >= word.until) return null;
  const used = service.ledger?.closed.some((one) => one.instance === instance && one.phaseAt >= word.at) ?? true;
  return used ? null : word;
};

/** A refusal that a person has overruled, with the name. */
export const pardon = (verdict: Verdict, approval: Approval | null): Verdict =>
  verdict.allowed || approval === null || !approvable.has(verdict.code)
    ? verdict
    : { ...verdict, allowed: true, text: `${verdict.text}; ${approval.author} approved it: ${approval.reason}` };

/**
 * Nothing but a person's word is missing. That the runtime was not asked yet is asked after it; and who does not lead takes
 * that word too.
 */
export const waitsForApproval = (verdicts: readonly Verdict[]): boolean => {
  const refused = verdicts.filter(
    ({ allowed, code }) => !allowed && code !== 'RUNTIME_UNREADABLE' && !aboutLeading.has(code),
  );
  return refused.length > 0 && refused.every(({ code }) => approvable.has(code));
};
