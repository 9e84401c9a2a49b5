/** Whoever says that a step has helped is asked whether it has. */
import { isDeepStrictEqual } from 'node:util';
import type { InstanceId } from '../../../config/index.js';
import type { Action } from '../../../scheduler/client/index.js';
import { type Breach, type Truth, weightsOf } from './model.js';

type Verified = Pick<Action, 'id' | 'phase' | 'outcome' | 'instance' | 'service' | 'step' | 'identity'>;

/** Of an action that is closed as verified: another process runs now, is green, and takes traffic. */
export function* verifiedRules(
  { id, phase, outcome, instance, service: name, step, identity }: Verified,
  truth: Pick<Truth, 'services' | 'served'>,
): Generator<Breach> {
  if (phase !== 'closed' || outcome !== 'verified') return;
  const service = truth.services.find(({ policy }) => policy.service === name);
  const process = service?.processes.get(instance as InstanceId);
  const zone = service?.scores.get(instance as InstanceId)?.zone ?? 'unknown';
  const wrong = [
    ...(process?.alive === true ? [] : ['it does not run']),
    ...(step !== 'gentle' && isDeepStrictEqual(process?.identity, identity) ? ['it is the same process'] : []),
    ...(zone === 'green' ? [] : [`it is ${zone}`]),
    ...(service && weightsOf(service, truth)?.get(instance) === 0 ? ['it gets no traffic'] : []),
  ];
  if (wrong.length > 0) yield ['what is verified is well', `${id}: ${wrong.join(', ')}`];
}
