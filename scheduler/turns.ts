import type { Configuration } from '../config/index.js';
import { Bell } from '../lib/bell.js';
import type { Clock } from '../lib/clock.js';
import type { Lock } from '../lib/consul/lock.js';
import { messageOf, toError } from '../lib/errors.js';
import type { Readiness } from '../lib/http/server.js';
import type { Log } from '../lib/log.js';
import type { SchedulerMetrics } from './api/metrics.js';
import { readiness } from './api/readiness.js';
import type { Shown } from './api/views.js';
import type { Applier } from './apply/index.js';
import type { Steps } from './apply/steps.js';
import type { GatewayView, LeaderView, ledgerSchema, serviceRecordSchema } from './client/index.js';
import { decide } from './decide.js';
import type { Gateway } from './gateway/types.js';
import { gatewayEntries } from './journal/gateway.js';
import type { Journal } from './journal/index.js';
import { leadState } from './lead/index.js';
import type { LeadState, Memory, World } from './model.js';
import type { Notifier } from './notify/notifier.js';
import type { Pulse } from './notify/heartbeat.js';
import type { Observer } from './world/index.js';
import type { KvMirror } from './world/mirror.js';

export interface TurnParts {
  /** In force now. */
  readonly configuration: () => Configuration;
  readonly observer: Observer;
  readonly applier: Applier;
  readonly gateway: Gateway | null;
  readonly lock: Lock;
  readonly steps: Steps;
  readonly records: KvMirror<typeof serviceRecordSchema>;
  readonly ledgers: KvMirror<typeof ledgerSchema>;
  readonly journal: Journal;
  readonly notifier: Pick<Notifier, 'turn'>;
  readonly metrics: SchedulerMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** A turn is made at least this often, and after a change as soon as this much gathered. */
const everyMs = 500;
const gatherMs = 50;

/** The loop: snapshot, decide, apply, one turn after the other. A turn that throws is logged and changes nothing. */
export class Turns {
  private readonly bell = new Bell();
  private memory: Memory = { services: new Map() };
  /** The token under which memory and ledger were read anew. */
  private adopted: number | null = null;
  private last: Shown | null = null;
  /** When the last turn went through, on the monotonic clock. */
  private turnedAt: number | null = null;
  /** Why the last turn did not go through; null: it did. */
  private failure: string | null = null;

  constructor(private readonly parts: TurnParts) {
    parts.lock.onChange(() => {
      this.noteLeadership();
    });
    if (parts.gateway) this.followGateway(parts.gateway);
  }

  wake(): void {
    this.bell.ring();
  }

  shown(): Shown | null {
    return this.last;
  }

  leader(): LeaderView {
    const { held, token, heldSince, why } = this.lead();
    const text = [why, ...(this.failure === null ? [] : [this.failure])].join('; ');
    return { leader: held, node: this.parts.lock.node, token, since: heldSince, text };
  }

  /** For whoever misses a sign of life. */
  pulse(): Pick<Pulse, 'turnAgoMs' | 'state' | 'why'> {
    const { held, why } = this.lead();
    return {
      turnAgoMs: this.turnedAt === null ? null : this.parts.clock.mono() - this.turnedAt,
      state: held ? 'leader' : this.parts.lock.trouble() === null ? 'standby' : null,
      why: this.parts.lock.trouble() ?? why,
    };
  }

  /** `troubles` keep it from its work, `notes` do not. */
  readiness(troubles: readonly (string | null)[], notes: readonly string[] = []): Readiness {
    const lock = this.parts.lock.trouble();
    return readiness({
      shown: this.last,
      services: this.parts.configuration().services.keys(),
      lead: this.lead().why,
      troubles: [this.failure, ...troubles, lock === null ? null : `the lock: ${lock}`],
      notes,
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.parts;
    while (!signal.aborted) {
      try {
        await this.adopt();
        await this.parts.applier.catchUp();
        await this.turn(signal);
        this.failure = null;
      } catch (thrown) {
        this.failure = `its turns fail, and what was decided before stays: ${messageOf(thrown)}`;
        log.error({ err: toError(thrown) }, 'a turn failed; what was decided before stays');
      }
      await this.bell.wait(clock, everyMs, signal);
      await clock.sleep(gatherMs, signal).catch(() => undefined);
    }
  }

  /** A service that was added since goes on from what Consul holds of it: it may have been here before. */
  private recalled(world: World): Memory {
    const { services } = this.memory;
    const added = world.services.filter(({ policy }) => !services.has(policy.service));
    if (added.length === 0) return this.memory;
    const held = this.parts.observer.memory().services;
    const found = added.flatMap(({ policy: { service } }) => {
      const record = held.get(service);
      return record ? [[service, record] as const] : [];
    });
    return { services: new Map([...services, ...found]) };
  }

  private lead(): LeadState {
    const lock = this.parts.lock.state();
    return leadState(lock, lock.held && this.adopted === lock.token, this.parts.clock);
  }

  /** A new leader first reads what its predecessor decided and began, through Consul's own leader. */
  private async adopt(): Promise<void> {
    const { lock, records, ledgers, observer, journal, clock, log } = this.parts;
    const { held, token } = lock.state();
    if (!held || token === this.adopted) return;
    try {
      await records.refresh();
      await ledgers.refresh();
    } catch (thrown) {
      log.warn({ err: toError(thrown) }, 'the ledger cannot be read; leadership waits');
      return;
    }
    const found = [...ledgers.all().values()].flatMap((entry) => (entry.kind === 'value' ? [entry.value] : []));
    journal.takeOver(
      found.flatMap(({ open, closed }) => [...closed, ...open]),
      token,
      clock.now(),
    );
    this.memory = observer.memory();
    this.adopted = token;
  }

  private async turn(signal: AbortSignal): Promise<void> {
    const { clock, configuration, observer, gateway, steps, applier, metrics, notifier, lock } = this.parts;
    const now = clock.now();
    const lead = this.lead();
    const world = observer.snapshot(lead, gateway?.view() ?? null, steps.resultsNow(), now);
    const memory = lead.held ? this.recalled(world) : observer.memory();
    const started = clock.mono();
    const decision = decide(world, memory, configuration().ballast.scheduler, now);
    metrics.decided(clock.mono() - started, decision, world);
    if (lead.held) this.memory = decision.memory;
    this.last = { world, decision, at: now };
    await applier.apply(decision, world, now, signal);
    notifier.turn({ world, decision, now, lockTrouble: lock.trouble() });
    this.turnedAt = clock.mono();
  }

  private noteLeadership(): void {
    const { journal, clock, lock } = this.parts;
    const { held, token, why } = lock.state();
    const text = held ? `leads under token ${token ?? '?'}` : `does not lead: ${why}`;
    journal.write([
      {
        at: clock.now(),
        kind: 'leader',
        service: null,
        instance: null,
        action: null,
        code: null,
        text,
        token,
        data: { node: lock.node },
      },
    ]);
    this.wake();
  }

  private followGateway(gateway: Gateway): void {
    let before: GatewayView = gateway.view();
    gateway.onChange((after) => {
      const services = [...this.parts.configuration().services.values()];
      const serviceOf = (upstream: string): string | null =>
        services.find((policy) => policy.traffic?.upstream === upstream)?.service ?? null;
      this.parts.journal.write(gatewayEntries(before, after, serviceOf, this.parts.lock.state().token));
      this.parts.metrics.gateway(after);
      before = after;
      this.wake();
    });
  }
}
