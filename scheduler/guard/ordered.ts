/** What a person's order passes: who asks for a step by name has judged the cause; what protects the others holds for people too. */
import type { ReasonCode, RefusingCode, Verdict, Wisher } from '../client/index.js';

/**
 * `order`: not asked of any order, the person's judgement stands in for it. `forced`: refuses an order unless it is forced.
 * `never`: holds always; whether there is room, whether the target is the right one and free, and who leads.
 */
export const passes: Readonly<Record<RefusingCode, 'order' | 'forced' | 'never'>> = {
  NO_QUORUM: 'never',
  FENCED: 'never',
  NEW_LEADER: 'never',
  PAUSED: 'forced',
  MAINTENANCE: 'forced',
  OBSERVE: 'order',
  PROTECTED: 'forced',
  APPROVAL: 'order',
  BLIND: 'never',
  PANIC: 'never',
  STORM: 'forced',
  SHRINK: 'forced',
  STALE_SCORE: 'forced',
  NO_SCORE: 'forced',
  WARM_UP: 'forced',
  UNVERIFIED: 'never',
  DWELL: 'order',
  UNPROVEN: 'order',
  DEPENDENCY: 'order',
  SHARED_CAUSE: 'order',
  CONTRADICTED: 'order',
  SINGLE: 'never',
  MIN_AVAILABLE: 'never',
  HEADROOM: 'forced',
  MAX_CONCURRENT: 'never',
  MAX_ACTIONS: 'forced',
  BACKOFF: 'order',
  LADDER_SPENT: 'never',
  COOLDOWN: 'forced',
  AMBIGUOUS_TARGET: 'never',
  OVERLAP: 'never',
  NO_RUNTIME: 'never',
  RUNTIME_UNREADABLE: 'never',
};

const isRefusing = (code: ReasonCode): code is RefusingCode => Object.hasOwn(passes, code);

/** The verdict on a person's order: what it passes is allowed, and still says what it says. */
export const ordered = (verdict: Verdict, by: Wisher): Verdict => {
  if (verdict.allowed || by.kind !== 'human' || !isRefusing(verdict.code)) return verdict;
  const pass = passes[verdict.code];
  if (pass === 'never' || (pass === 'forced' && !by.forced)) return verdict;
  const how = pass === 'forced' ? 'forced' : 'ordered';
  return { ...verdict, allowed: true, text: `${verdict.text}; ${how} by ${by.author}` };
};
