/** Whether exactly one process is meant, and it can be told. */
import { seconds } from '../facts.js';
import type { Guardrail } from '../model.js';
import { allow, refuse } from './verdict.js';

/** What the runtime said longer ago is asked anew. */
export const factFreshMs = 10_000;

export const ambiguousTarget: Guardrail = ({ service: { runtime }, instance }) => {
  const fact = runtime.get(instance);
  if (fact?.kind === 'ambiguous' || fact?.kind === 'none') return refuse('AMBIGUOUS_TARGET', fact.why);
  return allow('AMBIGUOUS_TARGET', fact?.kind === 'one' ? 'exactly one process is it' : 'nothing speaks of several');
};

export const noRuntime: Guardrail = ({ service: { policy } }) =>
  policy.runtime.kind === 'none'
    ? refuse('NO_RUNTIME', `${policy.file} names no runtime`)
    : allow('NO_RUNTIME', `runtime ${policy.runtime.kind}`);

export const runtimeUnreadable: Guardrail = ({ service: { policy, runtime }, instance, action, now }) => {
  if (policy.runtime.kind === 'none') return refuse('RUNTIME_UNREADABLE', 'there is no runtime to ask');
  const fact = runtime.get(instance);
  if (!fact) return refuse('RUNTIME_UNREADABLE', 'the runtime was not asked yet');
  if (fact.kind === 'unreadable') return refuse('RUNTIME_UNREADABLE', fact.why);
  const age = now - fact.at;
  if (age > factFreshMs)
    return refuse('RUNTIME_UNREADABLE', `the runtime was asked ${seconds(age)} ago (limit ${seconds(factFreshMs)})`);
  if (action?.phase === 'draining' && fact.at < action.phaseAt)
    return refuse('RUNTIME_UNREADABLE', 'the runtime was not asked again before the step');
  return allow('RUNTIME_UNREADABLE', `asked ${seconds(age)} ago`);
};
