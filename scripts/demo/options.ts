/** What the demo's commands have in common on their command lines. */
import { faultNames, type FaultName } from './faults.js';
import { demoServices, instancesPerService } from './fleet/roster.js';
import { runtimes, type RuntimeName } from './environment/index.js';

/** A mistake of who typed the command: one sentence, exit 64. */
export class UsageError extends Error {}

export const oneOf = <T extends string>(name: string, text: string, allowed: readonly T[]): T => {
  const found = allowed.find((one) => one === text);
  if (found === undefined) throw new UsageError(`--${name} ${text}: expected one of ${allowed.join(', ')}`);
  return found;
};

export const faultOf = (text: string): FaultName | 'shared' => oneOf('fault', text, [...faultNames, 'shared']);
export const runtimeOf = (text: string): RuntimeName => oneOf('runtime', text, runtimes);

export const instanceOf = (text: string): string =>
  oneOf(
    'instance',
    text,
    demoServices.flatMap((service) => Array.from({ length: instancesPerService }, (_, nth) => `${service}-${nth + 1}`)),
  );

export const intervalOf = (text: string): string => {
  if (!/^\d+(?:ms|s)$/.test(text)) throw new UsageError(`--interval ${text}: expected a duration like 1s or 500ms`);
  return text;
};
