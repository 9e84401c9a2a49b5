/** One simulated service: its policy, its processes, and the engine's knowledge of it. */
import type { InstanceId, ServicePolicy } from '../../config/index.js';
import type { InstanceScore, RotationMark } from '../../engine/client/index.js';
import { emptyMemory, type ServiceMemory } from '../../engine/memory.js';
import { dehydrate, hydrate } from '../../engine/hydrate.js';
import type { MetricPolicy } from '../../config/index.js';
import type { Observation, ScrapeOutcome } from '../../engine/model.js';
import { type DueInstance, step } from '../../engine/pipeline.js';
import { foldUp } from '../../engine/up.js';
import { emptyRegistry, foldRegistry } from '../../engine/registry/index.js';
import type { HealthEntry } from '../../lib/consul/index.js';
import type { CatalogState } from '../../scheduler/model.js';
import { emptyCatalog, foldCatalog } from '../../scheduler/world/catalog.js';
import { Chance } from './chance.js';
import { observeProcess, queriedOf } from './observe.js';
import { type Page, Process } from './process.js';

/** Where a healthy metric stands: beyond good, by this share of its band. */
export const healthyLevel = -0.3;
/** A process that has just started is slow for this long, at most. */
const coldMs = 25_000;
const nodes = 4;

/** An expression over other metrics alone has nothing of its own to read. */
const isConstant = ({ source }: MetricPolicy): boolean => source.kind === 'query' && source.promql === '0';

/** What an incident can make bad, from its good to its critical threshold and beyond. */
export const canTurnBad = (metric: MetricPolicy): boolean =>
  queriedOf({ metrics: [metric] }).length > 0 && !isConstant(metric) && !metric.dryRun;

/** What scraping one that is well comes to. */
const aPage: ScrapeOutcome = { kind: 'page', samples: [], warnings: [] };
const isLost: ScrapeOutcome = { kind: 'lost', why: 'no whole answer in time' };
const isRefused: ScrapeOutcome = { kind: 'refused', why: 'connection refused' };

const nobody: readonly InstanceId[] = [];

export class SimService {
  readonly processes = new Map<InstanceId, Process>();
  readonly scores = new Map<InstanceId, InstanceScore>();
  /** Metrics whose values are read, not counted. */
  readonly queried: readonly MetricPolicy[];
  /** Requests a second. */
  load: number;
  baseErrors = 0;
  evaluations = 0;
  /** The catalog leaves these out. */
  hidden: ReadonlySet<InstanceId> = new Set();
  private memory: ServiceMemory = emptyMemory;
  private registry = emptyRegistry;
  private catalog = emptyCatalog;
  private listed = '';
  /** Whom discovery knew at the last evaluation. */
  private evaluated: unknown = null;
  private born = 0;
  private readonly luck: Chance;

  constructor(
    readonly policy: ServicePolicy,
    readonly count: number,
    readonly usualLoad: number,
    seed: number,
    private readonly firstPort: number,
    now: number,
  ) {
    this.load = usualLoad;
    this.queried = queriedOf(policy);
    this.luck = new Chance(seed, `service ${policy.service}`);
    for (let i = 0; i < count; i++) this.add(now - 3_600_000, null);
  }

  add(bornAt: number, joinedAt: number | null): Process {
    const nth = ++this.born;
    const id = `${this.policy.service}-${nth}`;
    const process = new Process(this.policy.service, id, nth % nodes, this.firstPort + nth, bornAt, joinedAt);
    this.processes.set(process.id, process);
    return process;
  }

  remove(id: InstanceId): void {
    this.processes.delete(id);
  }

  /** What Consul lists, folded by both services' own rules. A silent Consul changes nothing. */
  discover(silent: boolean, now: number): void {
    const listed = silent ? 'silent' : this.listing();
    const isPending = this.registry.shrink.pending !== null || this.catalog.shrink.pending !== null;
    if (listed === this.listed && !(isPending && now % 5_000 === 0)) return;
    this.listed = listed;
    const { shrink } = this.policy.guardrails;
    const event = silent
      ? ({ kind: 'error', why: 'no leader', at: now } as const)
      : ({ kind: 'value', value: this.entries(), at: now } as const);
    this.registry = foldRegistry(this.registry, event, this.policy, shrink);
    this.catalog = foldCatalog(this.catalog, event, shrink);
  }

  private entries(): readonly HealthEntry[] {
    return [...this.processes.values()].filter(({ id }) => !this.hidden.has(id)).map(entryOf);
  }

  /** Who is listed, and how: most of the time it is as before. */
  private listing(): string {
    let text = '';
    for (const { id, condition } of this.processes.values())
      if (!this.hidden.has(id)) text += `${id} ${condition.consul},`;
    return text;
  }

  get discovered(): CatalogState {
    return this.catalog.state;
  }

  /** Every instance that discovery knows is scraped and evaluated once. */
  evaluate(marks: Readonly<Record<string, RotationMark>>, now: number): void {
    const { instances } = this.registry.discovery;
    const due: DueInstance[] = [];
    for (const instance of instances.values()) {
      const process = this.processes.get(instance.id);
      if (process === undefined) continue;
      this.scrape(process, now);
      const observe = (mark: RotationMark | null): Observation => observeProcess(process, this.policy, mark, now);
      due.push({ instance, mark: marks[instance.id] ?? null, observe });
    }
    const { memory, outputs } = step(this.memory, { due, gone: this.gone() }, this.policy, now);
    this.memory = memory;
    this.evaluations += due.length;
    for (const { scored } of outputs) this.scores.set(scored.instance as InstanceId, scored.whole);
  }

  /** Of whom the engine knows, and discovery does not any more. Looked for only where discovery has changed. */
  private gone(): readonly InstanceId[] {
    const { instances } = this.registry.discovery;
    if (instances === this.evaluated) return nobody;
    this.evaluated = instances;
    for (const id of this.scores.keys()) if (!instances.has(id)) this.scores.delete(id);
    return [...this.memory.instances.keys()].filter((id) => !instances.has(id));
  }

  /** As after a restart of the engine: what it had written is read again. */
  restartEngine(now: number): void {
    this.memory = hydrate(JSON.parse(JSON.stringify(dehydrate(this.memory))), now);
    this.scores.clear();
    for (const process of this.processes.values()) process.rows.length = 0;
  }

  private scrape(process: Process, now: number): void {
    // Each draws its own: what is lost of one says nothing about its peers.
    const luck = this.luck.at(now + process.instance.port * 7_919);
    const outcome = this.outcomeOf(process, luck);
    process.up = foldUp(process.up, outcome, now);
    if (process.condition.empty) process.rows.length = 0;
    else if (outcome.kind === 'page' && !(process.condition.stuck && process.rows.length > 0))
      process.show(this.pageOf(process, luck, now));
  }

  private outcomeOf({ alive, condition }: Process, luck: Chance): ScrapeOutcome {
    if (luck.happens(condition.lostScrapes)) return isLost;
    return alive ? aPage : isRefused;
  }

  private pageOf(process: Process, luck: Chance, now: number): Page {
    const { condition, pid, good, bad, lied, inFlight } = process;
    const values: number[] = [];
    for (const metric of this.queried) {
      if (isConstant(metric)) {
        values.push(0);
        continue;
      }
      const jitter = (luck.next() - 0.5) * 2 * (0.02 + condition.noise);
      const level = this.levelOf(process, metric, now) + jitter;
      values.push(metric.good + level * (metric.critical - metric.good));
    }
    return { at: now, pid, good: good - lied, bad: bad + lied, inFlight, values };
  }

  /** Where a metric stands, 0 good to 1 critical and beyond. */
  protected levelOf({ condition, startedAt }: Process, metric: MetricPolicy, now: number): number {
    const usual = metric.minTraffic !== null && now - startedAt < coldMs ? 1.2 : healthyLevel;
    return Math.max(usual, condition.levels.get(metric.name) ?? -Infinity);
  }
}

const entryOf = ({ instance, condition }: Process): HealthEntry => ({
  service: instance.service,
  serviceId: instance.id,
  node: instance.node,
  address: instance.address,
  port: instance.port,
  tags: [],
  meta: {},
  datacenter: 'dc1',
  status: condition.consul,
  why: '',
  checks: [],
  modifyIndex: 1,
});
