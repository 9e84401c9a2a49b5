import type { InstanceId, ServicePolicy } from '../../config/index.js';
import type { ConsulStatus, InstanceScore, Zone } from '../../engine/client/index.js';
import type { Action, Controls, GatewayView, Ledger, Pause } from '../../scheduler/client/index.js';
import type { CatalogEntry, CatalogState, LeadState, RuntimeFact, ServiceWorld, World } from '../../scheduler/model.js';
import { policyFor } from './policy.js';
import { instanceScore } from './scores.js';
import { noControls } from '../../scheduler/client/index.js';

/** What a story about an instance says; what it leaves out is well. */
export interface InstanceStory extends Partial<Omit<InstanceScore, 'instance' | 'service' | 'up'>> {
  readonly up?: InstanceScore['up']['state'];
  /** What that rests on; a process that is down refuses unless this says otherwise. */
  readonly upBy?: InstanceScore['up']['by'];
  /** False: the engine says nothing of it. */
  readonly scored?: boolean;
  readonly fact?: RuntimeFact;
}

interface ServiceDraft {
  readonly policy: ServicePolicy;
  readonly entries: CatalogEntry[];
  readonly scores: Map<InstanceId, InstanceScore>;
  readonly facts: Map<InstanceId, RuntimeFact>;
  ledger: Ledger | null;
  /** Null: as Consul says it now. */
  held: string | null;
  discovered: boolean;
}

/** A policy that may do everything: the tests of what holds it back say so themselves. */
export const actingPolicy = (name: string, more = ''): ServicePolicy =>
  policyFor(
    `service: ${name}\npreset: node\nscrape: {interval: 1s}\n` +
      (more.includes('traffic:') ? '' : `traffic: {upstream: ${name}}\n`) +
      (more.includes('runtime:') ? '' : 'runtime: {docker: {}}\n') +
      (more.includes('heal:') ? '' : 'heal: {mode: act}\n') +
      more,
  );

export const typicalScore: Readonly<Record<Zone, number | null>> = { green: 97, yellow: 65, red: 20, unknown: null };

/** What makes an instance red unless the story says otherwise: half of its requests fail, and only its own. */
export const errorRatio: InstanceScore['causes'][number] = {
  name: 'error_ratio',
  level: 'app',
  source: 'ratio',
  value: 0.5,
  absence: null,
  penalty: 1,
  pointsLost: 11,
  blame: 'self',
  peersMedianPenalty: 0,
  traffic: true,
  moving: false,
  ceiling: true,
};

export const leadOf = (change: Partial<LeadState> = {}): LeadState => ({
  held: true,
  token: 7,
  heldSince: -3_600_000,
  confirmedAgoMs: 500,
  why: 'held',
  ...change,
});

/** Builds a world by telling it: `aWorld().service('orders').instance('orders-1', { zone: 'red' }).build()`. */
export class WorldBuilder {
  private readonly services: ServiceDraft[] = [];
  private leadState = leadOf();
  private view: GatewayView | null = null;
  private controls: Controls | null = noControls;
  private engine = { received: true, ready: true, ageMs: 0 };

  constructor(readonly now: number) {}

  service(name: string, policy: ServicePolicy = actingPolicy(name)): this {
    this.services.push({
      policy,
      entries: [],
      scores: new Map(),
      facts: new Map(),
      ledger: { token: 0, open: [], closed: [] },
      held: null,
      discovered: true,
    });
    return this;
  }

  instance(name: string, { up, upBy, scored = true, fact, ...story }: InstanceStory = {}): this {
    const id = name as InstanceId;
    const service = this.last();
    const consul: ConsulStatus = story.consul ?? 'passing';
    const port = story.port ?? 8_000 + 100 * (this.services.length - 1) + service.entries.length;
    const node = story.node ?? 'n1';
    service.entries.push({
      id,
      node: { name: node, address: '10.0.0.1' },
      address: '10.0.0.1',
      port,
      meta: {},
      consul,
    });
    if (fact) service.facts.set(id, fact);
    if (!scored) return this;
    const zone = story.zone ?? 'green';
    const score = typicalScore[zone];
    const telling = instanceScore({
      service: service.policy.service,
      instance: id,
      node,
      port,
      consul,
      zone,
      score,
      smoothed: score,
      why: `${zone}: score ${score ?? 'unknown'}`,
      at: this.now,
      streak: { zone, count: 9, since: this.now },
      causes: zone === 'red' ? [errorRatio] : [],
      intervalMs: 1_000,
      up: {
        state: up ?? 'up',
        since: 0,
        why: up === 'down' ? 'connection refused' : 'answers',
        by: upBy ?? (up === 'down' ? 'refusal' : up === 'unknown' ? 'none' : 'answer'),
      },
      ...story,
    });
    service.scores.set(id, telling);
    return this;
  }

  /** `count` alike, numbered on from those that are there. */
  instances(count: number, story: InstanceStory = {}): this {
    const { policy, entries } = this.last();
    for (let i = 0; i < count; i++) this.instance(`${policy.service}-${entries.length + 1}`, story);
    return this;
  }

  ledger(ledger: Partial<Ledger> | null): this {
    this.last().ledger = ledger && { token: 0, open: [], closed: [], ...ledger };
    return this;
  }

  held(why: string): this {
    this.last().held = why;
    return this;
  }

  /** Consul said nothing of it yet. */
  undiscovered(): this {
    this.last().discovered = false;
    return this;
  }

  lead(change: Partial<LeadState>): this {
    this.leadState = leadOf(change);
    return this;
  }

  gateway(view: GatewayView | null): this {
    this.view = view;
    return this;
  }

  pauses(pauses: readonly Pause[] | null): this {
    return this.said(pauses && { pauses });
  }

  /** What people said; null: it could not be read. */
  said(controls: Partial<Controls> | null): this {
    this.controls = controls && { ...noControls, ...controls };
    return this;
  }

  scores(change: Partial<typeof this.engine>): this {
    this.engine = { ...this.engine, ...change };
    return this;
  }

  build(): World {
    return {
      services: this.services.map((draft) => this.serviceWorld(draft)),
      lead: this.leadState,
      gateway: this.view,
      controls: this.controls,
      stepResults: new Map(),
    };
  }

  private serviceWorld({ policy, entries, scores, facts, ledger, held, discovered }: ServiceDraft): ServiceWorld {
    const at = this.now;
    const heard: CatalogState =
      held === null ? { kind: 'live', at, entries } : { kind: 'held', at, entries, why: held, shrink: null };
    const catalog: CatalogState = discovered ? heard : { kind: 'waiting', why: 'no answer from Consul yet' };
    return { policy, catalog, scores: { ...this.engine, engineNow: at, instances: scores }, ledger, runtime: facts };
  }

  private last(): ServiceDraft {
    const draft = this.services.at(-1);
    if (!draft) throw new Error('say .service(name) first');
    return draft;
  }
}

export const aWorld = (now = 1_000_000): WorldBuilder => new WorldBuilder(now);

export const theService = (world: World): ServiceWorld => {
  const [service] = world.services;
  if (!service) throw new Error('the world has no service');
  return service;
};

export const anAction = (change: Partial<Action> = {}): Action => ({
  id: 'orders/orders-1/0',
  service: 'orders',
  instance: 'orders-1',
  node: 'n1',
  nodeAddress: '10.0.0.1',
  address: '10.0.0.1',
  port: 8_000,
  step: 'restart',
  signature: 'errors',
  by: { kind: 'ballast' },
  approval: null,
  because: 'red',
  identity: { kind: 'docker', containerId: 'c1', startedAt: 'then' },
  newIdentity: null,
  phase: 'intent',
  token: 7,
  intentAt: 1_000_000,
  phaseAt: 1_000_000,
  deadline: 1_030_000,
  greenSince: null,
  falsePositive: false,
  outcome: null,
  outcomeText: null,
  verdicts: [],
  ...change,
});

export const viewOf = (servers: GatewayView['servers']): GatewayView => ({
  revision: 'r1',
  provenAt: 0,
  servers,
  last: null,
  reloads: 0,
  failures: 0,
  coming: null,
});
