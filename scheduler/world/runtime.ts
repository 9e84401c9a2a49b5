import type { InstanceId, ServiceName, ServicePolicy } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import type { CatalogEntry, RuntimeFact } from '../model.js';
import type { Runtime } from '../runtime/types.js';

const askAgainAfterMs = 1_000;
const findTimeoutMs = 5_000;

/** What the runtimes said of instances when asked; an answer is asked for by `decide`, never polled for all. */
export class RuntimeFacts {
  private readonly facts = new Map<ServiceName, Map<InstanceId, RuntimeFact>>();
  private readonly asking = new Set<string>();

  constructor(
    private readonly runtimeOf: (policy: ServicePolicy['runtime']) => Runtime | null,
    private readonly clock: Clock,
    private readonly onChange: () => void,
  ) {}

  of(service: ServiceName): ReadonlyMap<InstanceId, RuntimeFact> {
    return this.facts.get(service) ?? new Map<InstanceId, RuntimeFact>();
  }

  /** Asks once, unless asked a moment ago. The answer is there at a later step. */
  look(policy: ServicePolicy, entry: CatalogEntry, signal: AbortSignal): void {
    const key = `${policy.service}/${entry.id}`;
    const known = this.of(policy.service).get(entry.id);
    if (this.asking.has(key) || (known && this.clock.now() - known.at < askAgainAfterMs)) return;
    this.asking.add(key);
    void this.ask(policy, entry, signal)
      .then((fact) => {
        const facts = this.facts.get(policy.service) ?? new Map<InstanceId, RuntimeFact>();
        this.facts.set(policy.service, facts.set(entry.id, fact));
        this.onChange();
      })
      .finally(() => this.asking.delete(key));
  }

  /** Forgets instances that are in no catalog any more. */
  retain(service: ServiceName, ids: ReadonlySet<InstanceId>): void {
    const facts = this.facts.get(service);
    for (const id of facts?.keys() ?? []) if (!ids.has(id)) facts?.delete(id);
  }

  private async ask(policy: ServicePolicy, entry: CatalogEntry, signal: AbortSignal): Promise<RuntimeFact> {
    const at = this.clock.now();
    try {
      const runtime = this.runtimeOf(policy.runtime);
      if (!runtime) return { kind: 'none', why: 'the service file names no runtime', at };
      const limited = AbortSignal.any([signal, AbortSignal.timeout(findTimeoutMs)]);
      return await runtime.find({ service: policy.service, entry, policy: policy.runtime }, limited);
    } catch (error) {
      return { kind: 'unreadable', why: messageOf(error), at };
    }
  }
}
