import type { InstanceId, ServiceName, ServicePolicy } from '../config/index.js';
import type { Clock } from '../lib/clock.js';
import type { Log } from '../lib/log.js';
import type { Board, EngineMetrics } from './api/index.js';
import type { Explanation, RotationMark } from './client/index.js';
import { observe, type CompiledService, type SeriesStore } from './derive/index.js';
import { explain } from './explain.js';
import { hydrate } from './hydrate.js';
import type { Standing } from './kept/index.js';
import type { Instance, InstanceRef, Scrape, Target } from './model.js';
import { ObservedPages } from './observed.js';
import { step, type DueInstance, type PipelineResult } from './pipeline.js';
import type { Discovery } from './registry/index.js';
import { restated } from './restated.js';
import { finish, Saving } from './saving.js';
import { ServiceState } from './service-state.js';
import type { HistoryStore } from './store/index.js';
import type { Present } from './whatif/index.js';

/** Evaluated without a pause: some 10 ms on a slow core, so that nobody waits longer for an answer, or a scrape to start. */
const SLICE = 200;

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

/**
 * Runs the pipeline where it meets the world: takes in scrapes and lists, evaluates who is due, and hands on what comes of
 * it. One service's trouble, or one instance's, is logged and stays its own.
 */
export class Evaluator {
  readonly #options: EvaluatorOptions;
  readonly #services = new Map<ServiceName, ServiceState>();
  readonly #observed: ObservedPages;
  readonly #saving: Saving;

  constructor(options: EvaluatorOptions) {
    this.#options = options;
    this.#observed = new ObservedPages(options.series);
    this.#saving = new Saving(this.#services, options.store);
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
      finish(this.#saving.one(service, now));
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
      service.scraped(id, scrape, clock.now());
    }
  }

  /** Discovery knows something new. */
  discovered(name: ServiceName, { state, why, at, instances }: Discovery): void {
    const service = this.#services.get(name);
    if (!service) return;
    const { board, clock } = this.#options;
    service.list(instances);
    if (state !== 'waiting') service.firstListAt ??= clock.now();
    board.setDiscovery(name, { state, why, at });
    board.retain(name, new Set(instances.keys()));
    const shown = board.service(name);
    if (shown) board.publish(name, restated(shown, instances));
  }

  /** Evaluates whoever was scraped since the last time. */
  evaluateDue(): void {
    while (this.evaluateSome());
  }

  /**
   * Evaluates some of them, as many of each service: one with thousands does not keep the others waiting. Those of the same
   * service that come later are peers by their last result, like all who are not due, and nobody expires before all had
   * their turn. What changed is written before anybody can hear of it: whoever is told red and sees a crash then must not be
   * told green. True: there are more.
   */
  evaluateSome(): boolean {
    const waiting = [...this.#services.values()].filter((service) => service.waiting > 0);
    const now = this.#options.clock.now();
    const share = Math.ceil(SLICE / Math.max(1, waiting.length));
    for (const service of waiting) {
      const ids = service.take(share);
      this.#evaluate(service, { ids, gone: [], more: service.waiting > 0 || service.isLookedAt(now) });
    }
    this.#keepChanges();
    return waiting.some((service) => service.waiting > 0);
  }

  /** Lets expire whoever was silent for too long, and forgets those that are gone. */
  sweep(): void {
    for (const service of this.#services.values())
      this.#evaluate(service, { ids: service.take(Infinity), gone: service.gone, more: false });
    this.#keepChanges();
  }

  /** Where no page of an instance's own sets the pace, time says who is due: to be called often. */
  tick(): void {
    for (const service of this.#services.values()) service.tick(this.#options.clock.now());
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
      const up = service.upOf(instance.id);
      return { instance, up, mark: mark(instance.service, instance.id), window: series.window(refOf(instance)) };
    });
    return { policy: service.policy, memory: service.memory, instances };
  }

  explain(name: string, id: string): Explanation | null {
    const service = this.#services.get(name as ServiceName);
    if (!service) return null;
    return explain(service.memory, id as InstanceId, service.policy, this.#options.clock.now());
  }

  /** Hands what must outlive this process to the store, with pauses; see {@link Saving}. */
  save(everything = false): Generator<undefined> {
    return this.#saving.all(this.#options.clock.now(), everything);
  }

  #keepChanges(): void {
    const { store, clock } = this.#options;
    if (this.#saving.changes(clock.now())) store.flush();
  }

  #put(compiled: CompiledService, now: number): void {
    const { policy } = compiled;
    const known = this.#services.get(policy.service);
    if (known) return known.adopt(compiled);
    const memory = hydrate(this.#options.store.recall(policy.service), now);
    this.#services.set(policy.service, new ServiceState(compiled, memory, now));
  }

  #evaluate(service: ServiceState, { ids, gone, more }: Slice): void {
    const { policy } = service;
    const { clock, metrics, log } = this.#options;
    try {
      const due: DueInstance[] = [];
      for (const id of ids) {
        const instance = service.instances.get(id);
        if (instance) due.push(this.#dueOf(service, instance));
      }
      const result = step(service.memory, { due, gone, more }, policy, clock.now());
      service.kept.keep(result.memory.instances);
      if (!more) service.looked(clock.now());
      metrics.evaluated(policy.service, 'done', due.length);
      this.#handOn(service, result);
    } catch (error) {
      // Alone, each shows whether it is the one.
      if (ids.length > 1) return ids.forEach((id) => this.#evaluate(service, { ids: [id], gone, more }));
      metrics.evaluated(policy.service, 'failed', 1);
      log.error({ err: error, service: policy.service, instance: ids[0] }, 'evaluation failed; the last score stays');
    }
  }

  #dueOf(service: ServiceState, instance: Instance): DueInstance {
    const { series, mark, clock } = this.#options;
    const up = service.upOf(instance.id);
    const scrapeMs = service.scrapeMsOf(instance.id);
    this.#observed.write(service.compiled, { instance, up, scrapeMs }, clock.now());
    const window = series.window(instance);
    return {
      instance,
      mark: mark(instance.service, instance.id),
      observe: (evidence, now) => observe(service.compiled, window, { instance, up, mark: evidence, now }),
    };
  }

  #handOn(service: ServiceState, { outputs, events }: PipelineResult): void {
    const { board, store, log } = this.#options;
    const known = outputs.filter(({ scored }) => service.instances.has(scored.instance as InstanceId));
    const shown: Standing[] = [];
    for (const { scored } of known) {
      const standing = service.kept.standing(scored.instance as InstanceId);
      if (standing === undefined) continue;
      standing.tell(scored.causes);
      shown.push(standing);
    }
    board.show(service.policy.service, shown);
    for (const { scored, judgements, evaluated } of known) if (evaluated) store.record(scored, judgements);
    for (const { kind: _, ...event } of events) log.info(event, 'zone changed');
    service.changed ||= events.length > 0;
  }
}

const refOf = ({ service, id }: Instance): InstanceRef => ({ service, id });
