/** Ballast over one service: the real scoring and the real decisions, each at its own pace. */
import { noControls } from '../../../scheduler/client/index.js';
import { SimConsul } from '../consul.js';
import { SimRuntime } from '../runtime.js';
import { type Ground, SimScheduler } from '../scheduler.js';
import type { Process } from '../process.js';
import { PacedGateway } from './gateway.js';
import type { TrialService } from './service.js';

/** The scheduler turns at least this often, and whenever there are new scores. */
const turnMs = 500;

export class Steering {
  readonly gateway = new PacedGateway();
  heals = 0;
  private readonly ground: Ground;
  private readonly runtime = new SimRuntime();
  private readonly scheduler: SimScheduler;

  constructor(
    private readonly service: TrialService,
    seed: number,
    now: number,
  ) {
    this.ground = {
      services: [service],
      consul: new SimConsul(seed),
      gateway: this.gateway,
      runtime: this.runtime,
      fleet: { maxActions: 10, maxConcurrent: 1 },
      engineAnswers: true,
      scoredAt: now,
      engineReady: true,
      said: noControls,
      judge: undefined,
      watch: {
        decided: () => undefined,
        followed: () => undefined,
        wrote: () => undefined,
        stepping: () => void (this.heals += 1),
      },
    };
    this.scheduler = new SimScheduler(this.ground);
  }

  /** `restarted` hears of each process that came back by our doing. */
  tick(now: number, restarted: (process: Process) => void): void {
    for (const process of this.runtime.goOn(now)) restarted(process);
    const { service, ground } = this;
    // Whoever would restart it sits on the node that nobody reaches.
    this.runtime.unsure = service.isPartitioned ? { how: 'unreadable' as const, since: 0 } : null;
    const isDue = now % service.policy.scrape.intervalMs === 0;
    if (isDue) {
      service.look(now);
      service.evaluate(ground.consul.record(service.policy.service)?.rotation ?? {}, now);
      ground.scoredAt = now;
    }
    if (isDue || now % turnMs === 0) {
      ground.consul.expire(now);
      this.scheduler.turn(now);
    }
  }
}
