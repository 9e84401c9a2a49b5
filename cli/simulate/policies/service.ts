import type { MetricPolicy, ServicePolicy } from '../../../config/index.js';
import { scoringWindowMs } from '../../../config/index.js';
import { type Process, well } from '../process.js';
import { healthyLevel, SimService } from '../service.js';
import type { Backend } from './backend.js';
import type { Condition } from './conditions.js';

/** Consul's checks run every 10 s: who is gone is critical by then. */
const consulMs = 10_000;
/** A leak takes this long to fill its limit. */
const leakMs = 60_000;

/** What the page says of a fault besides what requests say: metrics by name, where they come to. */
const levels = { leak: ['memory', 1.2], cpu: ['cpu', 1.2] } as const;

/** A service whose response times are those of the requests that it was really sent. */
export class TrialService extends SimService {
  readonly backends = new Map<Process, Backend>();
  private faultSince = 0;

  constructor(
    policy: ServicePolicy,
    private readonly under: Condition,
    seed: number,
    now: number,
  ) {
    super(policy, under.instances, under.perSecond, seed, 8_000, now);
  }

  beginFault(now: number): void {
    this.faultSince = now;
  }

  get isPartitioned(): boolean {
    return [...this.backends.values()].some(({ fault }) => fault === 'partition');
  }

  /** Sets what the engine and Consul see of each, and reads every page. */
  look(now: number): void {
    for (const [process, { fault, times }] of this.backends) {
      const isGone = !process.alive || fault === 'partition';
      process.condition = {
        ...well,
        noise: this.under.noise,
        lostScrapes: fault === 'partition' ? 1 : this.under.lostScrapes,
        consul: isGone && now - this.faultSince >= consulMs ? 'critical' : 'passing',
      };
      times.show(now);
    }
    this.discover(false, now);
  }

  protected override levelOf(process: Process, metric: MetricPolicy, now: number): number {
    const backend = this.backends.get(process);
    if (!backend) return healthyLevel;
    if (metric.name === 'response_time') {
      const ms = backend.times.quantile(0.95, scoringWindowMs(this.policy.scrape.intervalMs));
      return ms === null ? healthyLevel : (ms / 1_000 - metric.good) / (metric.critical - metric.good);
    }
    if (backend.fault !== 'leak' && backend.fault !== 'cpu') return healthyLevel;
    const [name, level] = levels[backend.fault];
    if (metric.name !== name) return healthyLevel;
    const grown = backend.fault === 'leak' ? Math.min(1, (now - this.faultSince) / leakMs) : 1;
    return healthyLevel + grown * (level - healthyLevel);
  }
}
