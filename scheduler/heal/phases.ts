import { isDeepStrictEqual } from 'node:util';
import type { InstanceId } from '../../config/index.js';
import type { InstanceScore } from '../../engine/client/index.js';
import type {
  Action,
  ActionOutcome,
  GatewayView,
  Identity,
  InstanceMemory,
  ReasonCode,
  Verdict,
} from '../client/index.js';
import type { Command, Event, RuntimeFact, ServiceWorld, EndedStep } from '../model.js';

/** Everything that the next phase of an action depends on. */
export interface Surroundings {
  readonly now: number;
  /** Of the leader who decides: every write bears it. */
  readonly token: number;
  readonly heldSince: number;
  readonly service: ServiceWorld;
  readonly gateway: GatewayView | null;
  readonly memory: InstanceMemory | null;
  readonly passing: boolean;
  /** Fresh, or null. */
  readonly score: InstanceScore | null;
  readonly fact: RuntimeFact | null;
  readonly result: EndedStep | null;
  /** The only instance: restarted in place, never out. */
  readonly alone: boolean;
  /** All guardrails, on the state as it is now. */
  readonly verdicts: (action: Action) => readonly Verdict[];
}

/** What comes of one look at an action: nothing to write (null), or its next version; and what the edge must do. */
export interface Progress {
  readonly next: Action | null;
  readonly commands: readonly Command[];
  readonly events: readonly Event[];
}

/** The leader before has had its time; a new one gets some too before it gives up. */
const settleInMs = 30_000;

/** Time that the runtime may take beyond the grace, and that a process may take to appear. */
const stepMarginMs = 30_000;

export const wait: Progress = { next: null, commands: [], events: [] };

export const look = ({ service, instance }: Action): Command => ({
  do: 'look',
  service: service as ServiceWorld['policy']['service'],
  instance: instance as InstanceId,
});

export const waitAndLook = (action: Action): Progress => ({ ...wait, commands: [look(action)] });

export const isOverdue = (action: Action, { now, heldSince, token }: Surroundings, extraMs = 0): boolean =>
  now >= (action.token === token ? action.deadline : Math.max(action.deadline, heldSince + settleInMs)) + extraMs;

export const sameIdentity = (a: Identity, b: Identity): boolean => isDeepStrictEqual(a, b);

/** A replacement makes and starts one more than a restart. */
export const stepDeadline = ({ step }: Action, { now, service: { policy } }: Surroundings): number => {
  const { graceMs, ladder } = policy.heal;
  switch (step) {
    case 'gentle':
      return now + (ladder.find((each) => each.do === 'gentle')?.timeoutMs ?? 0) + stepMarginMs;
    case 'restart':
      return now + graceMs + stepMarginMs;
    case 'replace':
      return now + graceMs + 2 * stepMarginMs;
  }
};

const healEvent = (action: Action, code: ReasonCode, text: string): Event => ({
  kind: 'heal',
  service: action.service as ServiceWorld['policy']['service'],
  instance: action.instance as InstanceId,
  action: action.id,
  code,
  text,
  data: { phase: action.phase, step: action.step, outcome: action.outcome },
});

/** The ledger first: this phase is written before anything that it names is done. */
export const write = (action: Action, code: ReasonCode, text: string): Progress => ({
  next: action,
  commands: [{ do: 'ledger', action }],
  events: [healEvent(action, code, text)],
});

export const enter = (
  action: Action,
  phase: Exclude<Action['phase'], 'closed'>,
  deadline: number,
  { now, token }: Surroundings,
  more: Partial<Action> = {},
): Action => ({ ...action, ...more, phase, token, phaseAt: now, deadline });

const outcomeCodes: Readonly<Record<ActionOutcome, ReasonCode>> = {
  verified: 'VERIFIED',
  'not-verified': 'NOT_VERIFIED',
  'step-failed': 'STEP_FAILED',
  overtaken: 'OVERTAKEN',
  inconclusive: 'INCONCLUSIVE',
};

export const end = (
  action: Action,
  outcome: ActionOutcome,
  text: string,
  { now, token }: Surroundings,
  more: Partial<Action> = {},
): Progress => {
  const closed: Action = { ...action, ...more, phase: 'closed', token, phaseAt: now, outcome, outcomeText: text };
  return write(closed, outcomeCodes[outcome], text);
};
