import type { BreakerPolicy, InstanceId } from '../../config/index.js';
import type { InstanceScore } from '../../engine/client/index.js';
import type { Breaker } from '../client/index.js';
import { spread } from '../facts.js';

/** Added to an open time, at most this share of it, so that a fleet does not come back in one instant. */
const jitter = 0.25;

export const closedBreaker = (now: number): Breaker => ({ state: 'closed', opened: 0, since: now });

/** The first time `openMs`, doubled for each time in a row, never over `openMaxMs`; plus the instance's own jitter. */
export const openForMs = (policy: BreakerPolicy, id: InstanceId, opened: number): number => {
  const base = Math.min(policy.openMs * 2 ** Math.min(Math.max(0, opened - 1), 30), policy.openMaxMs);
  return Math.round(base * (1 + jitter * spread(`${id} ${opened}`)));
};

/** Opens it, from whatever state. Opening out of a probation is a failed one, unless something else than itself ended it. */
export const trip = (
  breaker: Breaker,
  policy: BreakerPolicy,
  id: InstanceId,
  now: number,
  itsOwnFault = true,
): Breaker => {
  if (breaker.state === 'open') return breaker;
  const opened = breaker.opened + (itsOwnFault ? 1 : 0);
  const failed = breaker.state === 'half-open' ? breaker.failedProbations : 0;
  const failedProbations = failed + (breaker.state === 'half-open' && itsOwnFault ? 1 : 0);
  return { state: 'open', opened, since: now, until: now + openForMs(policy, id, opened), failedProbations };
};

/** Closes it and remembers how often it opened: the next time is longer. */
export const close = (breaker: Breaker, now: number): Breaker =>
  breaker.state === 'closed' ? breaker : { state: 'closed', opened: breaker.opened, since: now };

export interface Signs {
  /** The process answers and Consul passes: the only thing besides time that half-opens. Never the score. */
  readonly alive: boolean;
  /** Green or yellow now. */
  readonly good: boolean;
  readonly trial: Trial;
}

export type Trial = 'passed' | 'failed' | 'going-on';

/** What time and signs of life make of a breaker. Whether a closed or half-open one may open is for the rotation to say. */
export const stepBreaker = (breaker: Breaker, signs: Signs, policy: BreakerPolicy, now: number): Breaker => {
  switch (breaker.state) {
    case 'open':
      return now >= breaker.until && signs.alive
        ? { state: 'half-open', opened: breaker.opened, since: now, failedProbations: breaker.failedProbations }
        : breaker;
    case 'half-open':
      return signs.trial === 'passed' ? close(breaker, now) : breaker;
    case 'closed':
      return breaker.opened > 0 && signs.good && now - breaker.since >= policy.forgiveMs
        ? { state: 'closed', opened: breaker.opened - 1, since: breaker.since + policy.forgiveMs }
        : breaker;
  }
};

/**
 * How a probation that began at `since` goes, by samples since then alone. `marked`: the engine was told of the probation,
 * so its streak and its count of requests start there (what it says from before does not count); otherwise, where traffic
 * is only observed, any later evaluation serves.
 */
export const judgeTrial = (
  score: InstanceScore | null,
  since: number,
  marked: boolean,
  policy: BreakerPolicy,
  now: number,
): Trial => {
  if (!score) return 'going-on';
  const { streak, traffic, zone } = score;
  const seen = marked ? streak.since > since && traffic.since >= since : score.at > since;
  if (!seen) return 'going-on';
  if (streak.zone === 'red') return 'failed';
  if (zone === 'red' || zone === 'unknown' || streak.zone === 'unknown') return 'going-on';
  const judged = traffic.since >= since && traffic.requests !== null && traffic.requests >= policy.requests;
  if (judged && streak.zone === 'green' && streak.count >= policy.goodScores) return 'passed';
  return now - since >= policy.quietMs ? 'passed' : 'going-on';
};
