/** Whether somebody else, who looks at the same thing, says otherwise. */
import type { InstanceScore } from '../../engine/client/index.js';
import { costliest } from '../facts.js';
import type { GuardContext, Guardrail } from '../model.js';
import { allow, refuse } from './verdict.js';

/**
 * Down because nothing comes back: the way to it may be broken, and not it. Consul's check that passes, or a gateway that is
 * answered, says that it lives. (A connection that is refused is no such doubt: nobody listens there.)
 */
const aliveElsewhere = ({ score, entry, service }: GuardContext): string | null => {
  if (score?.up.state !== 'down' || score.up.by !== 'silence') return null;
  if (entry?.consul === 'passing') return `it does not answer the engine (${score.up.why}), but Consul's checks pass`;
  return gatewayIsWell(score, service.policy.scoring.zones.goodScore)
    ? `it does not answer the engine (${score.up.why}), but it answers the gateway`
    : null;
};

const gatewayIsWell = ({ levels }: InstanceScore, goodScore: number): boolean =>
  levels.some(({ level, score, coverage }) => level === 'gateway' && coverage > 0 && (score ?? 0) >= goodScore);

/** Its own page speaks of failed or slow requests, and the gateway, which sends them, sees none. */
const unseenByGateway = ({ score, service }: GuardContext): string | null => {
  if (score === null || score.up.state === 'down') return null;
  const causes = costliest(score);
  const ofRequests = causes.length > 0 && causes.every(({ level, traffic }) => level === 'app' && traffic);
  return ofRequests && gatewayIsWell(score, service.policy.scoring.zones.goodScore)
    ? `${causes.map(({ name }) => name).join(', ')} cost points, but the gateway sees nothing of it`
    : null;
};

export const contradicted: Guardrail = (context) => {
  const text = aliveElsewhere(context) ?? unseenByGateway(context);
  return text === null ? allow('CONTRADICTED', 'nobody says otherwise') : refuse('CONTRADICTED', text);
};
