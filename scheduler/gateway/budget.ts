/**
 * When to reload. Each reload breaks idle client connections and leaves a generation of workers behind until their last
 * response is over; so raising is gathered and rationed, and only taking weight away may hurry. Pure: time is an argument.
 */
import type { GatewayConfig } from '../../config/index.js';
import type { Lane } from './manifest.js';

export type BudgetPolicy = Pick<
  GatewayConfig,
  | 'routineReloadMs'
  | 'routineBurst'
  | 'urgentReloadMs'
  | 'routineGenerations'
  | 'urgentGenerations'
  | 'gatherQuietMs'
  | 'gatherMaxMs'
>;

export interface BudgetMemory {
  /** Routine reloads that may be spent, as counted at `countedAt`. */
  readonly tokens: number;
  readonly countedAt: number;
  readonly reloadedAt: number | null;
  /** A change that is not served yet: since when, and its last change. */
  readonly waiting: { readonly since: number; readonly changedAt: number } | null;
}

export interface BudgetInput {
  /** Null: what is served is what is wanted. */
  readonly lane: Lane | null;
  /** What is wanted changed since the last step. */
  readonly changed: boolean;
  /** Generations of workers alive, the present one included. */
  readonly generations: number;
}

export type BudgetAnswer =
  | { readonly do: 'nothing' }
  | { readonly do: 'reload' }
  | { readonly do: 'wait'; readonly until: number; readonly why: string };

/** Old generations end by themselves, unannounced: looked at again after this long. */
const lookAgainMs = 1_000;

export const freshBudget = (policy: BudgetPolicy, now: number): BudgetMemory => ({
  tokens: policy.routineBurst,
  countedAt: now,
  reloadedAt: null,
  waiting: null,
});

export const stepBudget = (
  memory: BudgetMemory,
  input: BudgetInput,
  policy: BudgetPolicy,
  now: number,
): { memory: BudgetMemory; answer: BudgetAnswer } => {
  const counted = refill(memory, policy, now);
  if (input.lane === null) return { memory: { ...counted, waiting: null }, answer: { do: 'nothing' } };
  const waiting = {
    since: counted.waiting?.since ?? now,
    changedAt: input.changed ? now : (counted.waiting?.changedAt ?? now),
  };
  const wait = hindrance({ ...counted, waiting }, input.lane, input.generations, policy, now);
  if (wait) return { memory: { ...counted, waiting }, answer: { do: 'wait', ...wait } };
  const tokens = input.lane === 'routine' ? counted.tokens - 1 : counted.tokens;
  return { memory: { ...counted, tokens, reloadedAt: now, waiting: null }, answer: { do: 'reload' } };
};

const refill = (memory: BudgetMemory, policy: BudgetPolicy, now: number): BudgetMemory => ({
  ...memory,
  tokens: Math.min(policy.routineBurst, memory.tokens + Math.max(0, now - memory.countedAt) / policy.routineReloadMs),
  countedAt: now,
});

interface Wait {
  readonly until: number;
  readonly why: string;
}

const hindrance = (
  memory: BudgetMemory & { readonly waiting: NonNullable<BudgetMemory['waiting']> },
  lane: Lane,
  generations: number,
  policy: BudgetPolicy,
  now: number,
): Wait | null => {
  const limit = lane === 'urgent' ? policy.urgentGenerations : policy.routineGenerations;
  if (generations >= limit) {
    return {
      until: now + lookAgainMs,
      why: `${generations} generations of workers are alive, ${lane} reloads stop at ${limit}`,
    };
  }
  const apart = (memory.reloadedAt ?? -Infinity) + policy.urgentReloadMs;
  if (apart > now) return { until: apart, why: `the last reload is less than ${policy.urgentReloadMs} ms ago` };
  return lane === 'urgent' ? null : (gathering(memory.waiting, policy, now) ?? saving(memory, policy, now));
};

const gathering = ({ since, changedAt }: { since: number; changedAt: number }, policy: BudgetPolicy, now: number) => {
  const until = Math.min(changedAt + policy.gatherQuietMs, since + policy.gatherMaxMs);
  return until > now ? { until, why: 'gathers changes that can wait' } : null;
};

const saving = (memory: BudgetMemory, policy: BudgetPolicy, now: number): Wait | null =>
  // The smallest part of a token is lost to rounding.
  memory.tokens >= 1 - 1e-9
    ? null
    : {
        until: now + Math.ceil((1 - memory.tokens) * policy.routineReloadMs),
        why: `the reload budget is spent: one per ${policy.routineReloadMs} ms, ${policy.routineBurst} in a burst`,
      };
