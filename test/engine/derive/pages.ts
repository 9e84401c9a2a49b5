/** A service with one instance, whose pages a test writes as text and scrapes at the times it likes. */
import type { InstanceId, Level, MetricPolicy, ServiceName, ServicePolicy } from '../../../config/index.js';
import type { RotationMark } from '../../../engine/client/index.js';
import { compileService, createFilters, observe, SeriesStore } from '../../../engine/derive/index.js';
import type { InstanceRef, Observation, Reading, ScrapeOutcome, Target, TargetKey } from '../../../engine/model.js';
import { parseText } from '../../../engine/scrape/index.js';
import { answered, instanceNamed } from '../../support/observations.js';
import { policyFor } from '../../support/policy.js';

export const ref: InstanceRef = { service: 'checkout' as ServiceName, id: 'checkout-1' as InstanceId };

export const targetOf = (level: Level, intervalMs: number, refs = [ref], key = `${level} page`): Target => ({
  key: key as TargetKey,
  url: 'http://10.0.0.1:8080/metrics',
  level,
  intervalMs,
  connectTimeoutMs: 100,
  timeoutMs: 100,
  bodyLimitBytes: 1_000_000,
  mapping: { kind: 'whole', instances: refs },
});

export const start = Date.UTC(2030, 0, 1);

export class Bench {
  readonly store = new SeriesStore();
  policy: ServicePolicy;
  #filters;
  #compiled;
  now = start;

  constructor(text: string, change = (metric: MetricPolicy): MetricPolicy => metric) {
    const policy = policyFor(text);
    this.policy = { ...policy, metrics: policy.metrics.map(change) };
    this.#compiled = compileService(this.policy);
    this.#filters = createFilters([this.#compiled]);
    this.store.setServices([this.#compiled], this.now);
  }

  /** The service file says something else from now on. */
  edit(text: string): this {
    this.policy = policyFor(text);
    this.#compiled = compileService(this.policy);
    this.#filters = createFilters([this.#compiled]);
    this.store.setServices([this.#compiled], this.now);
    return this;
  }

  /** Scrapes a page with that text, now. */
  page(text: string, level: Level = 'app', key?: string): this {
    const target = this.#target(level, key);
    const page = parseText(text, this.#filters(target));
    if (!page.ok) throw new Error(page.why);
    return this.outcome({ kind: 'page', samples: page.samples, warnings: page.warnings }, level, key);
  }

  outcome(outcome: ScrapeOutcome, level: Level = 'app', key?: string): this {
    const target = this.#target(level, key);
    this.store.apply([target], { target: target.key, startedAt: this.now, durationMs: 1, outcome });
    return this;
  }

  /** Seconds later. */
  later(seconds: number): this {
    this.now += seconds * 1000;
    return this;
  }

  /** A page per step of `seconds`, first at once. */
  pages(texts: readonly string[], seconds: number): this {
    texts.forEach((text, i) => (i === 0 ? this : this.later(seconds)).page(text));
    return this;
  }

  observe(mark: RotationMark | null = null): Observation {
    const up = answered(this.now);
    return observe(this.#compiled, this.store.window(ref), {
      instance: instanceNamed(ref.id),
      up,
      mark,
      now: this.now,
    });
  }

  /** The value of a metric, or why there is none. */
  read(name: string, mark: RotationMark | null = null): number | string {
    const reading = this.reading(name, mark);
    return reading.kind === 'value' ? reading.value : reading.absence;
  }

  reading(name: string, mark: RotationMark | null = null): Reading {
    const reading = [...this.observe(mark).readings].find(([metric]) => metric === name)?.[1];
    if (!reading) throw new Error(`no reading of ${name}`);
    return reading;
  }

  #target(level: Level, key?: string): Target {
    const intervalMs =
      level === 'system' && this.policy.system ? this.policy.system.intervalMs : this.policy.scrape.intervalMs;
    return targetOf(level, intervalMs, [ref], key);
  }
}
