/**
 * The closed loop on a virtual timeline: requests go to instances by weight, fail by chance, are counted on pages, and the
 * real windows, the real pipeline and the real `decide` make of them the weights of the next second.
 */
import type { InstanceId, ServicePolicy } from '../../config/index.js';
import type { InstanceScore, RotationMark } from '../../engine/client/index.js';
import { compileService, observe, SeriesStore } from '../../engine/derive/index.js';
import { emptyMemory } from '../../engine/memory.js';
import type { Instance, Labels, Sample, ScrapeOutcome, Target, TargetKey } from '../../engine/model.js';
import { step } from '../../engine/pipeline.js';
import { foldUp, neverScraped } from '../../engine/up.js';
import { decide } from '../../scheduler/decide.js';
import type { Event, Memory, RuntimeFact, World } from '../../scheduler/model.js';
import { seeded } from './random.js';
import { instanceNamed } from './observations.js';
import { leadOf, viewOf } from './world.js';
import { noControls } from '../../scheduler/client/index.js';

const second = 1_000;

/** What goes wrong by chance in one second, for one instance. */
export interface Weather {
  /** Share of requests that fail. */
  readonly errors?: number;
  /** Probability that a scrape is lost. */
  readonly lost?: number;
}

class Process {
  up = neverScraped;
  weight = 100;
  score: InstanceScore | null = null;
  lost = 0;
  private good = 0;
  private bad = 0;

  constructor(readonly instance: Instance) {}

  serve(fails: boolean): void {
    if (fails) this.bad += 1;
    else this.good += 1;
  }

  /** As the preset `node` expects it. */
  page(): readonly Sample[] {
    const { good, bad } = this;
    const requests = 'http_request_duration_seconds';
    return [
      sample(`${requests}_count`, good, { status_code: '200' }),
      sample(`${requests}_count`, bad, { status_code: '500' }),
      ...['0.01', '0.25', '+Inf'].map((le) => sample(`${requests}_bucket`, good + bad, { le })),
      sample('http_requests_in_flight', 1),
      sample('nodejs_eventloop_lag_p99_seconds', 0.012),
      sample('process_start_time_seconds', 900),
    ];
  }
}

const sample = (name: string, value: number, labels: Labels = {}): Sample => ({
  name,
  labels,
  value,
  timestampMs: null,
});

export class VirtualLoop {
  now = 1_000_000_000;
  readonly events: (Event & { readonly at: number })[] = [];
  /** Steps that somebody wanted to take: where nothing is to be healed, none. */
  healings = 0;
  /** Changes of decided weights. */
  changes = 0;
  readonly processes: readonly Process[];
  private memory = emptyMemory;
  private decided: Memory = { services: new Map() };
  private readonly series = new SeriesStore();
  private readonly compiled;
  private readonly random;

  constructor(
    readonly policy: ServicePolicy,
    options: { readonly instances: number; readonly perSecond: number; readonly seed: number },
  ) {
    this.compiled = compileService(policy);
    this.series.setServices([this.compiled], this.now);
    this.random = seeded(options.seed);
    this.perSecond = options.perSecond;
    this.processes = Array.from(
      { length: options.instances },
      (_, nth) => new Process(instanceNamed(`${policy.service}-${nth + 1}`, { service: policy.service })),
    );
  }

  private readonly perSecond: number;

  get lost(): number {
    return this.processes.reduce((sum, { lost }) => sum + lost, 0);
  }

  get lowest(): number {
    return Math.min(...this.processes.map(({ weight }) => weight));
  }

  /** So many seconds of that weather; `at`: of one instance alone. */
  run(seconds: number, weather: Weather = {}, at?: number): this {
    for (let i = 0; i < seconds; i += 1)
      this.second((process) => (at === undefined || this.processes[at] === process ? weather : {}));
    return this;
  }

  /** Runs in fair weather until it holds; how many seconds that took. */
  until(holds: () => boolean, limit: number): number {
    let passed = 0;
    for (; !holds() && passed < limit; passed += 1) this.run(1);
    return passed;
  }

  story(): string {
    return this.events.map(({ at, code, instance, text }) => `${at / second} ${instance} ${code} ${text}`).join('\n');
  }

  private second(weatherOf: (process: Process) => Weather): void {
    this.now += second;
    this.serve(weatherOf);
    if (this.now % this.policy.scrape.intervalMs === 0) this.scrape(weatherOf);
    this.decide();
  }

  private serve(weatherOf: (process: Process) => Weather): void {
    const total = this.processes.reduce((sum, { weight }) => sum + weight, 0);
    for (let i = 0; i < this.perSecond; i += 1) {
      let drawn = this.random() * total;
      const chosen = this.processes.find(({ weight }) => (drawn -= weight) < 0);
      chosen?.serve(this.random() < (weatherOf(chosen).errors ?? 0));
    }
  }

  private scrape(weatherOf: (process: Process) => Weather): void {
    for (const process of this.processes) {
      const isLost = this.random() < (weatherOf(process).lost ?? 0);
      process.lost += isLost ? 1 : 0;
      const outcome: ScrapeOutcome = isLost
        ? { kind: 'lost', why: 'no whole answer' }
        : { kind: 'page', samples: process.page(), warnings: [] };
      const target = this.targetOf(process.instance);
      this.series.apply([target], { target: target.key, startedAt: this.now, durationMs: 1, outcome });
      process.up = foldUp(process.up, outcome, this.now);
    }
    const { rotation = {} } = this.decided.services.get(this.policy.service) ?? {};
    const due = this.processes.map(({ instance, up }) => {
      const window = this.series.window({ service: instance.service, id: instance.id });
      return {
        instance,
        mark: rotation[instance.id] ?? null,
        observe: (mark: RotationMark | null, now: number) =>
          observe(this.compiled, window, { instance, up, mark, now }),
      };
    });
    const { memory, outputs } = step(this.memory, { due, gone: [] }, this.policy, this.now);
    this.memory = memory;
    for (const { scored } of outputs) this.processOf(scored.instance).score = scored.whole;
  }

  private decide(): void {
    const decision = decide(this.world(), this.decided, { maxActions: 10, maxConcurrent: 1 }, this.now);
    this.decided = decision.memory;
    this.healings += decision.commands.filter(({ do: what }) => what !== 'look').length;
    this.events.push(...decision.events.map((event) => ({ ...event, at: this.now })));
    for (const { instance, weight } of decision.plan.services[0]?.servers ?? []) {
      const process = this.processOf(instance);
      if (process.weight !== weight) this.changes += 1;
      process.weight = weight;
    }
  }

  private world(): World {
    const { now, policy } = this;
    const entries = this.processes.map(({ instance }) => ({ ...instance, consul: 'passing' as const }));
    const scored = this.processes.flatMap(({ score }) =>
      score ? [[score.instance as InstanceId, score] as const] : [],
    );
    const identity = (id: string) => ({ kind: 'docker', containerId: id, startedAt: 'then' }) as const;
    const facts = entries.map(({ id }): [InstanceId, RuntimeFact] => [
      id,
      { kind: 'one', identity: identity(id), running: true, at: now },
    ]);
    const served = this.processes.flatMap(({ instance, weight }) =>
      weight > 0 ? [{ instance: instance.id, address: instance.address, port: instance.port, weight }] : [],
    );
    return {
      services: [
        {
          policy,
          catalog: { kind: 'live', at: now, entries },
          scores: { received: true, ageMs: 0, engineNow: now, ready: true, instances: new Map(scored) },
          ledger: { token: 0, open: [], closed: [] },
          runtime: new Map(facts),
        },
      ],
      lead: leadOf(),
      gateway: viewOf({ [policy.traffic?.upstream ?? '']: served }),
      controls: noControls,
      stepResults: new Map(),
    };
  }

  private processOf(id: string): Process {
    const found = this.processes.find(({ instance }) => instance.id === id);
    if (!found) throw new Error(`no instance ${id}`);
    return found;
  }

  private targetOf({ id, service }: Instance): Target {
    return {
      key: id as string as TargetKey,
      url: `http://${id}/metrics`,
      level: 'app',
      intervalMs: this.policy.scrape.intervalMs,
      connectTimeoutMs: 500,
      timeoutMs: 800,
      bodyLimitBytes: 1_000_000,
      mapping: { kind: 'whole', instances: [{ service, id }] },
    };
  }
}
