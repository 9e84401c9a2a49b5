import type { InstanceId, ServicePolicy } from '../../config/index.js';
import { ledgerKeepMs, withAction } from '../../scheduler/apply/ledger.js';
import {
  type Action,
  type GatewayView,
  type Ledger,
  ledgerSchema,
  type Pause,
  type Plan,
  type ServiceRecord,
  serviceRecordSchema,
} from '../../scheduler/client/index.js';
import { decide } from '../../scheduler/decide.js';
import type {
  CatalogState,
  Decision,
  Event,
  FleetPolicy,
  Memory,
  RuntimeFact,
  EndedStep,
  World,
} from '../../scheduler/model.js';
import { FakeInstance } from './fleet.js';
import { leadOf, viewOf } from './world.js';
import { type Controls, noControls } from '../../scheduler/client/index.js';

/** The file's `interval`, and how often the scheduler decides. */
const scrapeMs = 1_000;
const tickMs = 500;
const requestsPerSecond = 200;

interface Pending {
  readonly dueAt: number;
  readonly action: Action;
}

/** One decision, with what it was made on and the plan before it. */
export interface Seen {
  readonly at: number;
  readonly world: World;
  readonly before: Plan | null;
  readonly decision: Decision;
}

/**
 * A fleet on a virtual timeline: the real `decide`, a gateway that serves one tick later what it is told, an engine, a
 * ledger, a runtime. Stories are told in seconds, without a clock, and always end the same.
 */
export class FleetTimeline {
  now = 1_000_000_000_000;
  readonly fleet: FleetPolicy = { maxActions: 10, maxConcurrent: 1 };
  readonly events: (Event & { readonly at: number })[] = [];
  readonly restarts: { readonly at: number; readonly id: string }[] = [];
  /** Every step that was done, in order: `gentle`, `restart`, `replace`. */
  readonly steps: string[] = [];
  /** Actions of which the edge was told to see to what they left. */
  readonly tidied = new Set<string>();
  /** Why the runtime cannot replace; null: it can. */
  noReplace: string | null = null;
  readonly instances = new Map<string, FakeInstance>();
  /** Called after each decision, before it is applied: for what must always hold. */
  onDecision: (seen: Seen) => void = () => undefined;

  engineAnswers = true;
  ledgerReadable = true;
  runtimeWorks = true;
  gatewayTakesPlans = true;
  pauses: readonly Pause[] | null = [];
  /** What else people say. */
  said: Omit<Controls, 'pauses'> = noControls;
  lead = leadOf({ heldSince: this.now - 3_600_000 });
  view: GatewayView = viewOf({});
  ledger: Ledger = { token: 0, open: [], closed: [] };
  last: Decision | null = null;

  private memory: Memory = { services: new Map() };
  private submitted: Plan | null = null;
  private readonly facts = new Map<InstanceId, RuntimeFact>();
  private results = new Map<string, EndedStep>();
  private pending: readonly Pending[] = [];
  private started = new Set<string>();
  private scrapedAt = this.now;
  private held: string | null = null;

  constructor(
    readonly policy: ServicePolicy,
    count: number,
  ) {
    for (let i = 1; i <= count; i++) this.add(`${policy.service}-${i}`, null);
    for (const instance of this.instances.values()) instance.evaluate(this.now, undefined, true, 0);
  }

  /** Null: it was there before us. */
  add(name: string, joinedAt: number | null = this.now): FakeInstance {
    const port = 8_000 + this.instances.size;
    const instance = new FakeInstance(this.policy.service, name as InstanceId, port, this.now, joinedAt);
    this.instances.set(name, instance);
    return instance;
  }

  get(name: string): FakeInstance {
    const instance = this.instances.get(name);
    if (!instance) throw new Error(`no instance ${name}`);
    return instance;
  }

  /** The shrink guard keeps the last good list; null: no more. */
  hold(why: string | null): void {
    this.held = why;
  }

  run(ms: number): this {
    for (const end = this.now + ms; this.now < end;) this.tick();
    return this;
  }

  /** Runs until it holds, and says how long that took; fails after `limitMs`, with all that was said. */
  until(what: string, holds: () => boolean, limitMs: number): number {
    const start = this.now;
    while (!holds()) {
      if (this.now - start > limitMs) throw new Error(`${what}: not within ${limitMs / 1000} s\n${this.story()}`);
      this.tick();
    }
    return this.now - start;
  }

  /** Another scheduler takes over: it knows what is in Consul, as JSON, and nothing else. */
  newLeader(token = (this.lead.token ?? 0) + 1): void {
    this.lead = leadOf({ token, heldSince: this.now });
    this.memory = {
      services: new Map([...this.memory.services].map(([name, record]) => [name, rereadRecord(record)])),
    };
    this.ledger = ledgerSchema.decode(throughJson(ledgerSchema.encode(this.ledger)));
    this.results = new Map();
    this.facts.clear();
    this.started = new Set();
    this.pending = [];
  }

  record(): ServiceRecord | undefined {
    return this.memory.services.get(this.policy.service);
  }

  weight(name: string): number {
    return this.server(name)?.weight ?? 0;
  }

  lifecycle(name: string): string {
    return this.server(name)?.lifecycle ?? 'absent';
  }

  state(): string {
    return this.last?.plan.services[0]?.state ?? 'none';
  }

  told(code: string, name?: string): number {
    return this.events.filter((event) => event.code === code && (name === undefined || event.instance === name)).length;
  }

  /** Everything that was said. */
  story(): string {
    const start = this.events[0]?.at ?? 0;
    const line = ({ at, instance, code, text }: (typeof this.events)[number]): string =>
      `${(at - start) / 1000}s ${instance ?? '-'} ${code} ${text}`;
    return this.events.map(line).join('\n');
  }

  tick(): void {
    this.now += tickMs;
    this.runtimeGoesOn();
    this.serve();
    this.scrape();
    const world = this.world();
    const before = this.last?.plan ?? null;
    const decision = decide(world, this.memory, this.fleet, this.now);
    this.onDecision({ at: this.now, world, before, decision });
    this.last = decision;
    this.apply(decision);
  }

  private server(name: string) {
    return this.last?.plan.services[0]?.servers.find((server) => server.instance === name);
  }

  private get upstream(): string {
    return this.policy.traffic?.upstream ?? '';
  }

  private world(): World {
    const listed = [...this.instances.values()].filter((instance) => instance.listed);
    const scored = listed.flatMap((instance) => {
      const score = instance.score();
      return score ? [[instance.id, score] as const] : [];
    });
    const scores = {
      received: this.engineAnswers,
      ageMs: this.now - this.scrapedAt,
      engineNow: this.scrapedAt,
      ready: true,
      instances: new Map(scored),
    };
    const service = {
      policy: this.policy,
      catalog: this.catalog(listed),
      scores,
      ledger: this.ledgerReadable ? this.ledger : null,
      runtime: new Map(this.facts),
    };
    const { lead, view: gateway, results } = this;
    const controls = this.pauses === null ? null : { ...this.said, pauses: this.pauses };
    return { services: [service], lead, gateway, controls, stepResults: new Map(results) };
  }

  private catalog(listed: readonly FakeInstance[]): CatalogState {
    const entries = listed.map(({ id, port, consul }) => ({
      id,
      node: { name: `node-of-${id}`, address: '10.0.0.1' },
      address: '10.0.0.1',
      port,
      meta: {},
      consul,
    }));
    if (this.held === null) return { kind: 'live', at: this.now, entries };
    return { kind: 'held', at: this.now, entries, why: this.held, shrink: { from: 9, to: 1, seen: 1, needed: 3 } };
  }

  private scrape(): void {
    if (!this.engineAnswers || this.now - this.scrapedAt < scrapeMs) return;
    this.scrapedAt = this.now;
    const all = [...this.instances.values()];
    const served = new Set(this.view.servers[this.upstream]?.map((server) => server.instance));
    for (const instance of all) {
      const peers = all.filter((peer) => peer !== instance && peer.alive);
      const alike = peers.filter((peer) => peer.fault === instance.fault && peer.fault !== 'none').length;
      const mark = this.record()?.rotation[instance.id];
      instance.evaluate(this.now, mark, served.has(instance.id), alike * 2 > peers.length ? 1 : 0);
    }
  }

  /** The gateway serves what was decided a tick ago, and spreads the load by weight. */
  private serve(): void {
    const plan = this.submitted?.services[0];
    if (plan && this.gatewayTakesPlans && this.policy.traffic?.mode === 'act')
      this.view = { ...this.view, servers: { [this.upstream]: plan.servers.filter((server) => server.weight > 0) } };
    const servers = this.view.servers[this.upstream] ?? [];
    const total = servers.reduce((sum, server) => sum + server.weight, 0);
    for (const { instance, weight } of servers) {
      const process = this.instances.get(instance);
      if (process) process.requests += (requestsPerSecond * weight * tickMs) / 1000 / total;
    }
  }

  private runtimeGoesOn(): void {
    const due = this.pending.filter((pending) => pending.dueAt <= this.now);
    this.pending = this.pending.filter((pending) => pending.dueAt > this.now);
    for (const { action } of due) {
      if (!this.runtimeWorks) {
        this.results.set(action.id, { kind: 'failed', text: 'no such container', at: this.now });
        continue;
      }
      this.results.set(action.id, { kind: 'done', text: 'done', at: this.now });
      this.steps.push(action.step);
      const instance = this.get(action.instance);
      if (action.step === 'gentle') {
        if (instance.meek) instance.fault = 'none';
        continue;
      }
      if (action.step === 'replace') {
        instance.container += 1;
        if (instance.replaceable) instance.stubborn = false;
      }
      instance.restart(this.now);
      this.restarts.push({ at: this.now, id: action.instance });
    }
  }

  private apply(decision: Decision): void {
    const { token } = this.lead;
    if (!this.lead.held || token === null) return;
    this.memory = decision.memory;
    this.submitted = decision.plan;
    for (const command of decision.commands) {
      if (command.do === 'look') this.look(command.instance);
      else if (command.do === 'step') this.start(command.action);
      else if (command.do === 'tidy') this.tidied.add(command.action.id);
      else if (this.ledger.token <= token)
        this.ledger = withAction(this.ledger, command.action, token, this.now, ledgerKeepMs(this.policy.guardrails));
    }
    this.events.push(...decision.events.map((event) => ({ ...event, at: this.now })));
  }

  private start(action: Action): void {
    if (this.started.has(action.id)) return;
    this.started.add(action.id);
    this.pending = [...this.pending, { dueAt: this.now + 1_000, action }];
  }

  private look(id: InstanceId): void {
    const instance = this.instances.get(id);
    if (!instance) return;
    const containerId = `${id} ${instance.container}`;
    const identity = { kind: 'docker', containerId, startedAt: String(instance.pid) } as const;
    const unable = this.noReplace === null ? {} : { unable: { replace: this.noReplace } };
    this.facts.set(id, { kind: 'one', identity, running: instance.alive, at: this.now, ...unable });
  }
}

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const rereadRecord = (record: ServiceRecord): ServiceRecord =>
  serviceRecordSchema.decode(throughJson(serviceRecordSchema.encode(record)));
