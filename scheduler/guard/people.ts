/** What people have said. */
import type { Pause } from '../client/index.js';
import type { Guardrail } from '../model.js';
import { allow, refuse } from './verdict.js';

export const paused: Guardrail = ({ world: { controls }, service: { policy }, instance, now }) => {
  if (controls === null) return refuse('PAUSED', 'the controls could not be read');
  const scopes = ['all', `service/${policy.service}`, `instance/${policy.service}/${instance}`];
  const pause = controls.pauses.find(({ scope, until }) => scopes.includes(scope) && (until === null || until > now));
  return pause ? refuse('PAUSED', pauseText(pause)) : allow('PAUSED', 'nobody paused it');
};

const pauseText = ({ scope, author, reason, until }: Pause): string =>
  `${author} paused ${scope} ${until === null ? 'until resumed' : `until ${new Date(until).toISOString()}`}: ${reason}`;

export const observe: Guardrail = ({ service: { policy } }) => {
  if (policy.heal.mode !== 'act') return refuse('OBSERVE', `heal.mode is ${policy.heal.mode}, needs act`);
  if (policy.traffic?.mode === 'observe')
    return refuse('OBSERVE', 'traffic.mode is observe, needs act: it would be restarted while it takes traffic');
  return allow('OBSERVE', 'heal.mode is act');
};

export const isProtected: Guardrail = ({ service: { policy }, instance }) =>
  policy.protected.includes(instance)
    ? refuse('PROTECTED', `${instance} is under "protected" in ${policy.file}`)
    : allow('PROTECTED', 'not protected');
