/** What would be, for whoever asks the engine: on its policies and windows, and without touching them. */
import type { ServicePolicy } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import { BallastError } from '../../lib/errors.js';
import type { Replay, ReplayProgress, ReplayRequest, SimulateRequest, Simulation } from '../client/index.js';
import { Replays } from '../replay/index.js';
import { readCandidate, type Environment } from './candidate.js';
import { simulate } from './simulate.js';

export interface WhatIfParts {
  /** In force; null: there is none of that name. */
  readonly policy: (service: string) => ServicePolicy | null;
  /** Where history lies, and how to have it write what it still holds. */
  readonly history: { readonly path: string; flush(): void };
  readonly env: Environment;
  readonly clock: Clock;
}

export interface WhatIf {
  readonly simulate: (request: SimulateRequest) => Simulation;
  /** Rejects with a BallastError; see {@link Replays}. */
  readonly replay: (
    request: ReplayRequest,
    onProgress: (progress: ReplayProgress) => void,
    signal: AbortSignal,
  ) => Promise<Replay>;
}

const inForce = (service: string, { policy }: WhatIfParts): ServicePolicy => {
  const found = policy(service);
  if (found) return found;
  throw new BallastError('SERVICE_NOT_FOUND', `no service ${service} is configured`, {
    status: 404,
    hint: 'GET /v1/services lists them; or give a policy of your own',
  });
};

export const createWhatIf = (parts: WhatIfParts): WhatIf => {
  const { env, clock, history } = parts;
  const replays = new Replays();
  return {
    simulate: ({ service, policy, ...given }) =>
      simulate(policy ? readCandidate(policy, env) : inForce(service ?? '', parts), given, clock.now()),
    replay: async ({ policy, service, sinceMs }, onProgress, signal) => {
      const candidate = readCandidate(policy, env);
      history.flush();
      const to = clock.now();
      const question = { candidate, service: service ?? candidate.service, from: to - sinceMs, to, path: history.path };
      return replays.run(question, onProgress, signal);
    },
  };
};
