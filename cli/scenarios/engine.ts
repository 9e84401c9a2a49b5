/** The engine of a scenario: the real windows, queries, judgement and zones, on pages that a test wrote. */
import type { InstanceId, Level } from '../../config/index.js';
import type { Explanation, InstanceScore, RotationMark } from '../../engine/client/index.js';
import { createFilters, observe, SeriesStore, type CompiledService } from '../../engine/derive/index.js';
import { explain } from '../../engine/explain.js';
import { emptyMemory, type ServiceMemory } from '../../engine/memory.js';
import type { Instance, Observation, ScrapeOutcome, Target, TargetKey, UpObservation } from '../../engine/model.js';
import { ObservedPages } from '../../engine/observed.js';
import { step, type DueInstance } from '../../engine/pipeline.js';
import { foldUp, neverScraped } from '../../engine/up.js';

export class ScenarioEngine {
  readonly #compiled: CompiledService;
  readonly #store = new SeriesStore();
  readonly #wants: ReturnType<typeof createFilters>;
  readonly #observed = new ObservedPages(this.#store);
  readonly #ups = new Map<InstanceId, UpObservation>();
  readonly scores = new Map<InstanceId, InstanceScore>();
  #memory: ServiceMemory = emptyMemory;

  constructor(compiled: CompiledService) {
    this.#compiled = compiled;
    this.#store.setServices([compiled], 0);
    this.#wants = createFilters([compiled]);
  }

  /** One scrape of one of the instance's pages, at `now`. */
  scrape(id: InstanceId, level: Level, outcome: ScrapeOutcome, now: number): void {
    const target = this.#target(id, level);
    const filter = this.#wants(target);
    const kept: ScrapeOutcome =
      outcome.kind === 'page'
        ? { ...outcome, samples: outcome.samples.filter(({ name, labels }) => filter.wants(name, labels)) }
        : outcome;
    this.#store.apply([target], { target: target.key, startedAt: now, durationMs: 0, outcome: kept });
    if (level === 'app') this.#ups.set(id, foldUp(this.#ups.get(id) ?? neverScraped, outcome, now));
  }

  evaluate(
    instances: readonly Instance[],
    mark: (id: InstanceId) => RotationMark | null,
    gone: readonly InstanceId[],
    now: number,
  ): void {
    for (const id of gone) this.#forget(id);
    const due = instances.map((instance): DueInstance => {
      const up = this.#ups.get(instance.id) ?? neverScraped;
      this.#observed.write(this.#compiled, { instance, up, scrapeMs: null }, now);
      const window = this.#store.window({ service: instance.service, id: instance.id });
      const look = (evidence: RotationMark | null, at: number): Observation =>
        observe(this.#compiled, window, { instance, up, mark: evidence, now: at });
      return { instance, mark: mark(instance.id), observe: look };
    });
    const { memory, outputs } = step(this.#memory, { due, gone }, this.#compiled.policy, now);
    this.#memory = memory;
    for (const { scored } of outputs) this.scores.set(scored.instance as InstanceId, scored.whole);
  }

  /** Null: not evaluated yet, or gone. */
  explain(id: InstanceId, now: number): Explanation | null {
    return explain(this.#memory, id, this.#compiled.policy, now);
  }

  #forget(id: InstanceId): void {
    this.#ups.delete(id);
    this.scores.delete(id);
  }

  #target(id: InstanceId, level: Level): Target {
    const { service, scrape, system } = this.#compiled.policy;
    const { connectTimeoutMs, timeoutMs, bodyLimitBytes } = scrape;
    return {
      key: `${level} ${id}` as TargetKey,
      url: `http://${id}/${level}`,
      level,
      intervalMs: level === 'system' && system !== null ? system.intervalMs : scrape.intervalMs,
      ...{ connectTimeoutMs, timeoutMs, bodyLimitBytes },
      mapping: { kind: 'whole', instances: [{ service, id }] },
    };
  }
}
