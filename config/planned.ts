import type { KeyPath } from './problems.js';

/**
 * Keys of the agreed file form whose function does not exist yet. They are refused by name: a key that is accepted and
 * does nothing would be a promise that nobody keeps.
 */
const planned: Readonly<Record<string, string>> = {
  learn: 'learned thresholds are',
  gateway: 'the gateway level is',
  canary: 'canaries are',
  autoscale: 'autoscaling is',
  'guardrails.storm': 'the STORM guardrail is',
  'runtime.ecs': 'the ecs runtime is',
};

/** Why a key is refused that will have a meaning one day; null for any other. */
export const notYet = (path: KeyPath): string | null => {
  const key = path.join('.');
  const what = Object.hasOwn(planned, key) ? planned[key] : undefined;
  return what === undefined ? null : `"${String(path.at(-1))}" cannot be set: ${what} not built yet`;
};
