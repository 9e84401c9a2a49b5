/** What would be, for whoever asks the engine: on its policies and windows, and without touching them. */
import { z } from 'zod';
import type { ServicePolicy } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import { BallastError, messageOf } from '../../lib/errors.js';
import { dryRunSchema } from '../client/index.js';
import type {
  InstanceScore,
  Replay,
  ReplayProgress,
  ReplayRequest,
  SimulateRequest,
  Simulation,
  WhatIf,
  WhatIfRequest,
  WhatIfService,
} from '../client/index.js';
import { Replays } from '../replay/index.js';
import { readCandidate, readCandidates, type Environment } from './candidate.js';
import { compareNow } from './dry-run.js';
import { judgeNow, type Present } from './now.js';
import { simulate } from './simulate.js';

export type { Present } from './now.js';

export interface WhatIfParts {
  /** Null: no service of that name is scored. */
  readonly present: (service: string) => Present | null;
  /** Scores as they are. */
  readonly current: (service: string) => readonly InstanceScore[];
  /** Where history lies, and how to have it write what it still holds. */
  readonly history: { readonly path: string; flush(): void };
  readonly env: Environment;
  readonly clock: Clock;
}

/** What was lately is enough to see what an edit does, and is read while a client waits. */
const dryRunMs = 3_600_000;

const neverAborted = new AbortController().signal;

export class WhatIfs {
  readonly #replays = new Replays();

  constructor(private readonly parts: WhatIfParts) {}

  /** Throws a BallastError where there is no such service, a candidate is bad, or a value is of no metric. */
  simulate({ service, policy, ...given }: SimulateRequest): Simulation {
    const { env, clock } = this.parts;
    return simulate(policy ? readCandidate(policy, env) : this.#inForce(service ?? ''), given, clock.now());
  }

  /** Candidates on what is known now. */
  now({ services }: WhatIfRequest): WhatIf {
    const now = this.parts.clock.now();
    return { now, services: readCandidates(services, this.parts.env).map((policy) => this.#judge(policy, now)) };
  }

  /** Rejects with a BallastError; see {@link Replays}. */
  async replay(
    { policy, service, sinceMs }: ReplayRequest,
    onProgress: (progress: ReplayProgress) => void,
    signal: AbortSignal,
  ): Promise<Replay> {
    const candidate = readCandidate(policy, this.parts.env);
    return this.#replay(candidate, service ?? candidate.service, sinceMs, onProgress, signal);
  }

  /** What an edit would change, in wire form; null: the service would be gone. */
  async dryRun(service: string, candidate: ServicePolicy | null): Promise<z.input<typeof dryRunSchema> | null> {
    if (candidate === null) return null;
    const { present, current, clock } = this.parts;
    const before = present(service)?.policy ?? null;
    const now = compareNow(current(service), before, this.#judge(candidate, clock.now()), candidate);
    const history = await this.#replay(candidate, service, dryRunMs, () => undefined, neverAborted).catch(
      (error: unknown) => ({ refused: messageOf(error) }),
    );
    return z.encode(dryRunSchema, { now, history });
  }

  #judge(policy: ServicePolicy, now: number): WhatIfService {
    const { present, current } = this.parts;
    return judgeNow(present(policy.service), current(policy.service), policy, now);
  }

  #replay(
    candidate: ServicePolicy,
    service: string,
    sinceMs: number,
    onProgress: (progress: ReplayProgress) => void,
    signal: AbortSignal,
  ): Promise<Replay> {
    const { history, clock } = this.parts;
    history.flush();
    const to = clock.now();
    const question = { candidate, service, from: to - sinceMs, to, path: history.path };
    return this.#replays.run(question, onProgress, signal);
  }

  #inForce(service: string): ServicePolicy {
    const found = this.parts.present(service);
    if (found) return found.policy;
    throw new BallastError('SERVICE_NOT_FOUND', `no service ${service} is configured`, {
      status: 404,
      hint: 'GET /v1/services lists them; or give a policy of your own',
    });
  }
}
