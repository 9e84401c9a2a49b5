/** After the step: a 2xx from the runtime is not a healed instance. */
import { scoringWindowMs } from '../../config/index.js';
import { ageOf, seconds, servedWeight } from '../facts.js';
import type { Action } from '../client/index.js';
import { end, isOverdue, type Progress, sameIdentity, type Surroundings, wait, waitAndLook } from './phases.js';

export const verifying = (action: Action, s: Surroundings): Progress => {
  const { fact, memory } = s;
  if (action.step === 'gentle') {
    if (fact?.kind === 'one' && fact.at >= action.phaseAt && !sameIdentity(fact.identity, action.identity))
      return end(
        action,
        'not-verified',
        'another process runs by now: whatever became of it, the request did not do it',
        s,
      );
    if (memory?.breaker.state === 'open' && memory.breaker.since > action.phaseAt)
      return end(action, 'not-verified', `failed its probation after it: ${s.score?.why ?? 'no fresh score'}`, s);
  }
  const missing = missingProof(action, s);
  const greenSince = s.score?.zone === 'green' ? s.now - greenForMs(action, s) : null;
  if (missing === null && action.step === 'gentle' && (fact?.at ?? 0) < action.phaseAt) return waitAndLook(action);
  if (missing === null)
    return end(action, 'verified', `green for ${seconds(greenForMs(action, s))}, passing, taking traffic`, s, {
      greenSince,
    });
  if (!isOverdue(action, s)) return wait;
  const text = `after ${seconds(s.now - action.phaseAt)}: ${missing.text}`;
  return end(action, missing.kind === 'no-data' ? 'inconclusive' : 'not-verified', text, s, { greenSince });
};

/** Green without a break since the new process was there. */
const greenForMs = (action: Action, { score, service, now }: Surroundings): number =>
  score ? Math.min(ageOf(service.scores, score.zoneSince), now - action.phaseAt) : 0;

interface Missing {
  readonly kind: 'no-data' | 'contrary';
  readonly text: string;
}

/** The first thing that is not proven; null: verified. */
const missingProof = (action: Action, s: Surroundings): Missing | null => {
  const { score, passing, service } = s;
  if (score === null) return { kind: 'no-data', text: 'no fresh score' };
  if (score.zone === 'unknown') return { kind: 'no-data', text: `zone unknown: ${score.why}` };
  if (score.zone !== 'green') return { kind: 'contrary', text: `${score.zone}: ${score.why}` };
  const needed = Math.max(service.policy.heal.greenForMs, scoringWindowMs(service.policy.scrape.intervalMs));
  const green = greenForMs(action, s);
  if (green < needed) return { kind: 'contrary', text: `green for ${seconds(green)} (minimum ${seconds(needed)})` };
  if (!passing) return { kind: 'contrary', text: 'Consul does not pass' };
  return missingTraffic(action, s);
};

const missingTraffic = (
  action: Action,
  { service: { policy, scores }, gateway, score }: Surroundings,
): Missing | null => {
  if (policy.traffic?.mode !== 'act') return null;
  const weight = servedWeight(gateway, policy.traffic.upstream, action.instance);
  if (weight === null) return { kind: 'no-data', text: 'the gateway does not say what it serves' };
  if (weight === 0) return { kind: 'contrary', text: 'the gateway does not serve it' };
  const requests = score?.traffic.requests ?? null;
  if (requests === null || requests > 0) return null;
  const elsewhere = [...scores.instances.values()].some((peer) => (peer.traffic.requests ?? 0) > 0);
  return elsewhere ? { kind: 'no-data', text: 'no request reached it yet' } : null;
};
