import type { InstanceId, ServiceName } from '../../config/index.js';
import type { EngineClient, ScoresResponse } from '../../engine/client/index.js';
import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import { backoff } from '../../lib/loop.js';
import type { Log } from '../../lib/log.js';
import type { ScoresState } from '../model.js';

const waitMs = 1_000;
const retry = { firstMs: 250, maxMs: 5_000 };

const nothing: ScoresState = { received: false, ageMs: 0, engineNow: 0, ready: false, instances: new Map() };

interface Received {
  readonly response: ScoresResponse;
  readonly atMono: number;
  readonly byService: ReadonlyMap<string, ScoresState['instances']>;
}

/** Follows the engine's scores by blocking reads, and tells their age on our own clock. A silent engine only makes them older. */
export class ScoresFollower {
  private last: Received | null = null;
  private failure: string | null = 'the engine did not answer yet';

  constructor(
    private readonly engine: EngineClient,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly onChange: () => void,
  ) {}

  of(service: ServiceName): ScoresState {
    if (!this.last) return nothing;
    const { response, atMono, byService } = this.last;
    return {
      received: this.failure === null,
      ageMs: this.clock.mono() - atMono,
      engineNow: response.now,
      ready: response.ready,
      instances: byService.get(service) ?? nothing.instances,
    };
  }

  /** Null, or why the scores are not fresh. */
  trouble(): string | null {
    return this.failure;
  }

  async run(signal: AbortSignal): Promise<void> {
    let index: number | null = null;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const answer = await this.engine.scores(index === null ? null : { index, waitMs }, signal);
        // An engine that was restarted counts from the start again.
        const changed = answer.index !== index;
        index = answer.index;
        failures = 0;
        this.take(answer.value, changed);
      } catch (error) {
        if (signal.aborted) return;
        index = null;
        if (this.failure === null)
          this.log.warn({ err: messageOf(error) }, 'the engine does not answer; the last weights stay');
        this.failure = messageOf(error);
        await this.clock.sleep(backoff(retry, failures++, Math.random()), signal).catch(() => undefined);
      }
    }
  }

  private take(response: ScoresResponse, changed: boolean): void {
    const byService = new Map(
      response.services.map(
        (s) => [s.service, new Map(s.instances.map((i) => [i.instance as InstanceId, i]))] as const,
      ),
    );
    const back = this.failure !== null;
    this.last = { response, atMono: this.clock.mono(), byService };
    this.failure = null;
    if (changed || back) this.onChange();
  }
}
