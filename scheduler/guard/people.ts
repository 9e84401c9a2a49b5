/** What people have said. */
import type { Pause } from '../client/index.js';
import { type Level, levelOf, vetoOf } from '../consent.js';
import { seconds } from '../facts.js';
import { drainOf, drainText } from '../said.js';
import type { GuardContext, Guardrail } from '../model.js';
import { allow, refuse } from './verdict.js';

export const paused: Guardrail = ({ world: { controls }, service: { policy }, instance, now, action, by }) => {
  if (controls === null) return refuse('PAUSED', 'the controls could not be read');
  const scopes = ['all', `service/${policy.service}`, `instance/${policy.service}/${instance}`];
  const pause = controls.pauses.find(({ scope, until }) => scopes.includes(scope) && (until === null || until > now));
  if (pause) return refuse('PAUSED', pauseText(pause));
  // Who drained it has it in hand; what people then order is part of that.
  const drain = (action?.by ?? by)?.kind === 'human' ? null : drainOf(controls, policy.service, instance, now);
  return drain ? refuse('PAUSED', drainText(drain)) : allow('PAUSED', 'nobody paused it');
};

const pauseText = ({ scope, author, reason, until }: Pause): string =>
  `${author} paused ${scope} ${until === null ? 'until resumed' : `until ${new Date(until).toISOString()}`}: ${reason}`;

const levelIn = ({ service: { policy }, record, world: { controls }, instance, now }: GuardContext): Level =>
  levelOf({ policy, record, controls, instance, now });

export const observe: Guardrail = (context) => {
  const { policy } = context.service;
  const { mode, why } = levelIn(context);
  if (mode === 'observe') return refuse('OBSERVE', why);
  if (policy.traffic?.mode === 'observe')
    return refuse('OBSERVE', 'traffic.mode is observe, needs act: it would be restarted while it takes traffic');
  return allow('OBSERVE', why);
};

/** In `suggest` a person lets each step be taken; at any level one may forbid it. */
export const approval: Guardrail = (context) => {
  const veto = vetoOf(context);
  if (veto) return refuse('APPROVAL', `${veto.author} vetoed it ${seconds(context.now - veto.at)} ago: ${veto.reason}`);
  const { mode, why } = levelIn(context);
  if (mode !== 'suggest') return allow('APPROVAL', 'nobody has to approve');
  return refuse('APPROVAL', `${why}; a person decides`);
};

export const isProtected: Guardrail = ({ service: { policy }, instance }) =>
  policy.protected.includes(instance)
    ? refuse('PROTECTED', `${instance} is under "protected" in ${policy.file}`)
    : allow('PROTECTED', 'not protected');
