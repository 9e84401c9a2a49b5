/** What would be, for whoever asks the engine: on its policies and windows, and without touching them. */
import type { ServicePolicy } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import { BallastError } from '../../lib/errors.js';
import type { SimulateRequest, Simulation } from '../client/index.js';
import { readCandidate, type Environment } from './candidate.js';
import { simulate } from './simulate.js';

export interface WhatIfParts {
  /** In force; null: there is none of that name. */
  readonly policy: (service: string) => ServicePolicy | null;
  readonly env: Environment;
  readonly clock: Clock;
}

export interface WhatIf {
  readonly simulate: (request: SimulateRequest) => Simulation;
}

const inForce = (service: string, { policy }: WhatIfParts): ServicePolicy => {
  const found = policy(service);
  if (found) return found;
  throw new BallastError('SERVICE_NOT_FOUND', `no service ${service} is configured`, {
    status: 404,
    hint: 'GET /v1/services lists them; or give a policy of your own',
  });
};

export const createWhatIf = (parts: WhatIfParts): WhatIf => ({
  simulate: ({ service, policy, ...given }) =>
    simulate(policy ? readCandidate(policy, parts.env) : inForce(service ?? '', parts), given, parts.clock.now()),
});
