/** Whether enough is seen to act on. */
import { ageOf, seconds, staleAfterMs } from '../facts.js';
import type { Guardrail } from '../model.js';
import { allow, refuse, say } from './verdict.js';

export const blind: Guardrail = ({ census }) =>
  census.blind === null ? allow('BLIND', 'no more than half are unknown') : refuse('BLIND', census.blind);

export const panic: Guardrail = ({ census }) =>
  census.panic === null ? allow('PANIC', 'enough are green or yellow') : refuse('PANIC', census.panic);

export const shrink: Guardrail = ({ service: { catalog } }) => {
  if (catalog.kind === 'live') return allow('SHRINK', 'discovery is live');
  if (catalog.kind === 'waiting') return refuse('SHRINK', `nothing discovered yet: ${catalog.why}`);
  if (!catalog.shrink) return refuse('SHRINK', `the last good list is kept: ${catalog.why}`);
  const { from, to, seen, needed } = catalog.shrink;
  return refuse('SHRINK', `from ${from} to ${to} instances at once, seen ${seen} of ${needed} times`);
};

export const noScore: Guardrail = ({ service: { scores }, instance, entry }) => {
  if (entry === null) return refuse('NO_SCORE', `${instance} is not in Consul's catalog`);
  const score = scores.instances.get(instance);
  if (!score) return refuse('NO_SCORE', `the engine says nothing of ${instance}`);
  return allow('NO_SCORE', `score ${score.score ?? 'not judged'}`);
};

export const staleScore: Guardrail = ({ service, instance }) => {
  const score = service.scores.instances.get(instance);
  if (!score) return refuse('STALE_SCORE', 'there is no score');
  const age = ageOf(service.scores, score.at);
  const limit = staleAfterMs(service.policy, score);
  return say('STALE_SCORE', age <= limit, `score is ${seconds(age)} old (limit ${seconds(limit)})`);
};
