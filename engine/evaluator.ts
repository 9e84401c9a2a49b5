import type { InstanceId, ServiceName, ServicePolicy } from '../config/index.js';
import type { Clock } from '../lib/clock.js';
import type { Log } from '../lib/log.js';
import type { Board, EngineMetrics } from './api/index.js';
import type { Explanation, InstanceScore, RotationMark } from './client/index.js';
import { observe, type CompiledService, type SeriesStore } from './derive/index.js';
import { whyConsul } from './describe.js';
import { explain } from './explain.js';
import { dehydrateSlowly, hydrate } from './hydrate.js';
import { reconfigure, type ServiceMemory } from './memory.js';
import type { Instance, InstanceRef, Scrape, Target, UpObservation } from './model.js';
import { ObservedPages } from './observed.js';
import { step, type DueInstance, type PipelineResult } from './pipeline.js';
import type { Discovery, Instances } from './registry/index.js';
import type { HistoryStore } from './store/index.js';
import { foldUp, neverScraped } from './up.js';
import type { Present } from './whatif/index.js';

/** What an instance's history may lag behind where no zone changed: only streaks and smoothing would go back. */
const ROUTINE_SAVE_MS = 30_000;
/** Of a service with no more instances a change of zones is saved in the turn that tells of it. */
const AT_ONCE = 200;

/** Evaluated without a pause: some 10 ms on a slow core, so that nobody waits longer for an answer, or a scrape to start. */
const SLICE = 200;
/** How often those who are not due are looked at: a score grows old in intervals, and to look at ten thousand takes a while. */
const EXPIRY_MS = 500;

export interface EvaluatorOptions {
  readonly services: readonly CompiledService[];
  readonly series: SeriesStore;
  readonly board: Board;
  readonly store: HistoryStore;
  readonly metrics: EngineMetrics;
  readonly mark: (service: ServiceName, id: InstanceId) => RotationMark | null;
  readonly clock: Clock;
  readonly log: Log;
}

interface Slice {
  readonly ids: readonly InstanceId[];
  readonly gone: readonly InstanceId[];
  readonly more: boolean;
}

interface Service {
  policy: ServicePolicy;
  compiled: CompiledService;
  instances: Instances;
  memory: ServiceMemory;
  readonly ups: Map<InstanceId, UpObservation>;
  /** Scraped and not evaluated yet. */
  readonly due: Set<InstanceId>;
  firstListAt: number | null;
  savedAt: number;
  tickedAt: number;
  /** When it was looked for scores that grew old. */
  lookedAt: number;
  changed: boolean;
}

/**
 * Runs the pipeline where it meets the world: takes in scrapes and lists, evaluates who is due, and hands on what comes of
 * it. One service's trouble, or one instance's, is logged and stays its own.
 */
export class Evaluator {
  readonly #options: EvaluatorOptions;
  readonly #services = new Map<ServiceName, Service>();
  readonly #observed: ObservedPages;

  constructor(options: EvaluatorOptions) {
    this.#options = options;
    this.#observed = new ObservedPages(options.series);
    this.setServices(options.services);
  }

  /**
   * Replaces what is scored, between two turns. Whoever was scraped under the old policies is judged by them first. A service
   * that stays keeps its instances, its windows and its memory, but for what rests on what changed.
   */
  setServices(services: readonly CompiledService[]): void {
    this.evaluateDue();
    const { series, clock } = this.#options;
    const now = clock.now();
    series.setServices(services, now);
    const kept = new Set(services.map(({ policy }) => policy.service));
    for (const [name, service] of this.#services) {
      if (kept.has(name)) continue;
      finish(this.#save(name, service, now));
      this.#services.delete(name);
    }
    for (const compiled of services) this.#put(compiled, now);
  }

  /** All that is known to be there, for the scraper. */
  get services(): readonly {
    readonly policy: ServicePolicy;
    readonly instances: readonly Instance[];
    readonly firstListAt: number | null;
    readonly scrapesOwn: boolean;
  }[] {
    return [...this.#services.values()].map(({ policy, compiled, instances, firstListAt }) => {
      return { policy, instances: [...instances.values()], firstListAt, scrapesOwn: compiled.scrapesOwn };
    });
  }

  /** A page was read, or could not be. Whoever it is the own page of is due. */
  scraped(target: Target, scrape: Scrape): void {
    const { series, metrics, clock } = this.#options;
    metrics.scraped(target.level, scrape.outcome.kind, scrape.durationMs);
    series.apply([target], scrape);
    if (target.level !== 'app' || target.mapping.kind !== 'whole') return;
    for (const { service: name, id } of target.mapping.instances) {
      const service = this.#services.get(name);
      if (!service?.instances.has(id)) continue;
      this.#observed.scraped({ service: name, id }, scrape.durationMs);
      service.ups.set(id, foldUp(service.ups.get(id) ?? neverScraped, scrape.outcome, clock.now()));
      service.due.add(id);
    }
  }

  /** Discovery knows something new. */
  discovered(name: ServiceName, { state, why, at, instances }: Discovery): void {
    const service = this.#services.get(name);
    if (!service) return;
    const { board, clock } = this.#options;
    for (const [id, before] of service.instances) {
      if (instances.get(id)?.joinedAt === before.joinedAt) continue;
      // Gone, or another process under the same id: what was seen of the old one says nothing of it.
      this.#observed.forget({ service: name, id });
      service.ups.delete(id);
      service.due.delete(id);
    }
    service.instances = instances;
    if (state !== 'waiting') service.firstListAt ??= clock.now();
    board.setDiscovery(name, { state, why, at });
    board.retain(name, new Set(instances.keys()));
    board.publish(name, this.#restated(name, instances));
  }

  /** Evaluates whoever was scraped since the last time. */
  evaluateDue(): void {
    while (this.evaluateSome());
  }

  /**
   * Evaluates some of them, as many of each service: one with thousands does not keep the others waiting. Those of the same
   * service that come later are peers by their last result, like all who are not due, and nobody expires before all had
   * their turn. True: there are more.
   */
  evaluateSome(): boolean {
    const waiting = [...this.#services.values()].filter(({ due }) => due.size > 0);
    const now = this.#options.clock.now();
    const share = Math.ceil(SLICE / Math.max(1, waiting.length));
    for (const service of waiting) {
      const ids = take(service.due, share);
      const isEarly = Math.abs(now - service.lookedAt) < EXPIRY_MS;
      this.#evaluate(service, { ids, gone: [], more: service.due.size > 0 || isEarly });
    }
    return waiting.some(({ due }) => due.size > 0);
  }

  /** Lets expire whoever was silent for too long, and forgets those that are gone. */
  sweep(): void {
    for (const service of this.#services.values()) {
      // Before the first list nobody is gone: what is remembered from before a restart waits for it.
      const { instances, memory, firstListAt } = service;
      const gone = firstListAt === null ? [] : [...memory.instances.keys()].filter((id) => !instances.has(id));
      this.#evaluate(service, { ids: take(service.due, Infinity), gone, more: false });
    }
  }

  /** Where no page of an instance's own sets the pace, time says who is due: to be called often. */
  tick(): void {
    const now = this.#options.clock.now();
    for (const service of this.#services.values()) {
      const { compiled, policy, instances, due } = service;
      if (compiled.scrapesOwn || now - service.tickedAt < policy.scrape.intervalMs) continue;
      service.tickedAt = now;
      for (const id of instances.keys()) due.add(id);
    }
  }

  /** Forgets the samples of whoever is not there any more. */
  forgetSeries(targets: Iterable<Target>): void {
    const { series } = this.#options;
    series.retain([...this.#services.values()].flatMap(({ instances }) => [...instances.values()].map(refOf)));
    series.retainPages(targets);
  }

  /** All that is known of a service, to be looked at only; null: it is not scored. */
  present(name: string): Present | null {
    const service = this.#services.get(name as ServiceName);
    if (!service) return null;
    const { series, mark } = this.#options;
    const instances = [...service.instances.values()].map((instance) => {
      const up = service.ups.get(instance.id) ?? neverScraped;
      return { instance, up, mark: mark(instance.service, instance.id), window: series.window(refOf(instance)) };
    });
    return { policy: service.policy, memory: service.memory, instances };
  }

  explain(name: string, id: string): Explanation | null {
    const service = this.#services.get(name as ServiceName);
    if (!service) return null;
    return explain(service.memory, id as InstanceId, service.policy, this.#options.clock.now());
  }

  /**
   * Hands what must outlive this process to the store: soon where a zone changed, else now and then. Pauses in between, where
   * others may go first.
   */
  *save(everything = false): Generator<undefined> {
    const now = this.#options.clock.now();
    for (const [name, service] of [...this.#services]) {
      if (everything || service.changed || now - service.savedAt >= ROUTINE_SAVE_MS)
        yield* this.#save(name, service, now);
    }
  }

  /**
   * Hands on at once what somebody was just told: a red that a crash forgets would be a green window. A large service waits
   * for the next {@link save}. True: something was.
   */
  saveChanges(): boolean {
    const now = this.#options.clock.now();
    const due = [...this.#services].filter(([, { changed, memory }]) => changed && memory.instances.size <= AT_ONCE);
    for (const [name, service] of due) finish(this.#save(name, service, now));
    return due.length > 0;
  }

  *#save(name: ServiceName, service: Service, now: number): Generator<undefined> {
    if (service.memory.instances.size === 0) return;
    service.savedAt = now;
    service.changed = false;
    const text = yield* dehydrateSlowly(service.memory);
    // Taken away meanwhile: what was saved then is newer.
    if (this.#services.get(name) === service) this.#options.store.rememberText(name, text);
  }

  /** Scores as they are, with what Consul says now; the next evaluation would say the same. */
  #restated(name: string, instances: Instances): InstanceScore[] {
    const rows = this.#options.board.service(name)?.scores ?? [];
    return rows.flatMap((score) => {
      const now = instances.get(score.instance as InstanceId);
      if (!now || (now.consul === score.consul && now.consulWhy === (score.consulWhy ?? ''))) return [];
      const { consulWhy: _, ...rest } = score;
      return [{ ...rest, consul: now.consul, ...whyConsul(now) }];
    });
  }

  #put(compiled: CompiledService, now: number): void {
    const { policy } = compiled;
    const known = this.#services.get(policy.service);
    if (known) {
      if (known.policy !== policy) known.memory = reconfigure(known.memory, known.policy, policy);
      known.policy = policy;
      known.compiled = compiled;
      return;
    }
    this.#services.set(policy.service, {
      policy,
      compiled,
      memory: hydrate(this.#options.store.recall(policy.service), now),
      instances: new Map(),
      ups: new Map(),
      due: new Set(),
      firstListAt: null,
      savedAt: now,
      tickedAt: -Infinity,
      lookedAt: -Infinity,
      changed: false,
    });
  }

  #evaluate(service: Service, { ids, gone, more }: Slice): void {
    const { policy } = service;
    const { clock, metrics, log } = this.#options;
    try {
      const due = ids.flatMap((id) => this.#dueOf(service, id));
      const result = step(service.memory, { due, gone, more }, policy, clock.now());
      service.memory = result.memory;
      if (!more) service.lookedAt = clock.now();
      metrics.evaluated(policy.service, 'done', due.length);
      this.#handOn(service, result);
    } catch (error) {
      // Alone, each shows whether it is the one.
      if (ids.length > 1) return ids.forEach((id) => this.#evaluate(service, { ids: [id], gone, more }));
      metrics.evaluated(policy.service, 'failed', 1);
      log.error({ err: error, service: policy.service, instance: ids[0] }, 'evaluation failed; the last score stays');
    }
  }

  #dueOf(service: Service, id: InstanceId): DueInstance[] {
    const instance = service.instances.get(id);
    if (!instance) return [];
    const { series, mark } = this.#options;
    const up = service.ups.get(id) ?? neverScraped;
    this.#observed.write(service.compiled, instance, up, this.#options.clock.now());
    const window = series.window(refOf(instance));
    return [
      {
        instance,
        mark: mark(instance.service, id),
        observe: (evidence, now) => observe(service.compiled, window, { instance, up, mark: evidence, now }),
      },
    ];
  }

  #handOn(service: Service, { outputs, events }: PipelineResult): void {
    const { board, store, log } = this.#options;
    const known = outputs.filter(({ scored }) => service.instances.has(scored.instance as InstanceId));
    board.show(
      service.policy.service,
      known.map(({ scored }) => scored),
    );
    for (const { scored, judgements, evaluated } of known) if (evaluated) store.record(scored, judgements);
    for (const { kind: _, ...event } of events) log.info(event, 'zone changed');
    service.changed ||= events.length > 0;
  }
}

const refOf = ({ service, id }: Instance): InstanceRef => ({ service, id });

/** Without a pause. */
export const finish = (work: Generator<undefined>): void => {
  while (work.next().done !== true);
};

/** The first of a set, at most `count`; they leave it. */
const take = <T>(set: Set<T>, count: number): T[] => {
  const taken: T[] = [];
  for (const each of set) {
    if (taken.length >= count) break;
    taken.push(each);
    set.delete(each);
  }
  return taken;
};
