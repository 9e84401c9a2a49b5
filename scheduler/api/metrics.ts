import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { GatewayView, ServicePlan, WebhookView } from '../client/index.js';
import type { JournalSize } from '../journal/index.js';
import type { Decision, World } from '../model.js';

/** The scheduler's own metrics, `ballast_scheduler_…`. */
export class SchedulerMetrics {
  private readonly leader: Gauge;
  private readonly decisions: Histogram;
  private readonly refusals: Counter<'code'>;
  private readonly actions: Gauge;
  private readonly reloads: Gauge;
  private readonly failures: Gauge;
  private readonly proven: Gauge;
  /** Last decided; written out when somebody reads the metrics. */
  private plans: readonly ServicePlan[] = [];

  constructor(readonly registry: Registry) {
    const registers = [registry];
    const name = (end: string): string => `ballast_scheduler_${end}`;
    this.leader = new Gauge({ name: name('leader'), help: '1 while this scheduler leads', registers });
    this.decisions = new Histogram({
      name: name('decide_seconds'),
      help: 'Time that one decision over all services took',
      buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
      registers,
    });
    this.refusals = new Counter({
      name: name('refusals_total'),
      help: 'Healings held back, by guardrail',
      labelNames: ['code'],
      registers,
    });
    this.actions = new Gauge({ name: name('actions_open'), help: 'Healing actions in flight', registers });
    const weights: Gauge<'service' | 'instance'> = new Gauge({
      name: name('weight'),
      help: 'Decided weight; 0 is out of rotation',
      labelNames: ['service', 'instance'],
      registers,
      collect: () => {
        weights.reset();
        for (const { service, servers } of this.plans)
          for (const { instance, weight } of servers) weights.set({ service, instance }, weight);
      },
    });
    this.reloads = new Gauge({
      name: name('gateway_reloads'),
      help: 'Reloads since the start that were proven',
      registers,
    });
    this.failures = new Gauge({
      name: name('gateway_failures'),
      help: 'Plans since the start that the gateway refused',
      registers,
    });
    this.proven = new Gauge({
      name: name('gateway_proven_timestamp_seconds'),
      help: 'When the served plan was proven',
      registers,
    });
  }

  /** Asked when somebody reads the metrics. */
  journal(size: () => JournalSize | null): void {
    const registers = [this.registry];
    const gauge = (name: string, help: string, value: (of: JournalSize) => number): void => {
      const made: Gauge = new Gauge({
        name: `ballast_scheduler_journal_${name}`,
        help,
        registers,
        collect: () => {
          const now = size();
          if (now) made.set(value(now));
        },
      });
    };
    gauge('lines', 'Lines of the journal', ({ lines }) => lines);
    gauge('bytes', 'Size of the journal in bytes', ({ bytes }) => bytes);
    gauge('waiting', 'Lines that could not be written yet', ({ waiting }) => waiting);
  }

  /** Asked when somebody reads the metrics. */
  telling(webhooks: () => readonly WebhookView[]): void {
    const registers = [this.registry];
    const gauge = (name: string, help: string, value: (of: WebhookView) => number): void => {
      const made: Gauge<'webhook'> = new Gauge({
        name: `ballast_scheduler_notifications_${name}`,
        help,
        labelNames: ['webhook'],
        registers,
        collect: () => {
          made.reset();
          for (const webhook of webhooks()) made.set({ webhook: webhook.name }, value(webhook));
        },
      });
    };
    gauge('waiting', 'Messages that are not delivered yet', ({ waiting }) => waiting);
    gauge('delivered', 'Messages delivered since the start', ({ delivered }) => delivered);
    gauge('dropped', 'Messages given up since the start', ({ dropped }) => dropped);
    gauge('failing', '1 while the last try failed', ({ trouble }) => (trouble === null ? 0 : 1));
  }

  decided(ms: number, decision: Decision, world: World): void {
    this.decisions.observe(ms / 1000);
    this.leader.set(world.lead.held ? 1 : 0);
    this.actions.set(world.services.reduce((sum, service) => sum + (service.ledger?.open.length ?? 0), 0));
    for (const event of decision.events) if (event.kind === 'refusal') this.refusals.inc({ code: event.code });
    this.plans = decision.plan.services;
  }

  gateway({ reloads, failures, provenAt }: GatewayView): void {
    this.reloads.set(reloads);
    this.failures.set(failures);
    if (provenAt !== null) this.proven.set(provenAt / 1000);
  }
}
