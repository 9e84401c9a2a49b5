import type { InstanceId, ServiceName, ServicePolicy } from '../config/index.js';
import type { CompiledService } from './derive/index.js';
import { KeptMemory } from './kept/index.js';
import { reconfigure, type ServiceMemory } from './memory.js';
import type { Scrape, UpObservation } from './model.js';
import type { Instances } from './registry/index.js';
import { neverScraped, OwnScrapes } from './up.js';

/** How often those who are not due are looked at: a score grows old in intervals, and to look at ten thousand takes a while. */
const EXPIRY_MS = 500;

/** What the evaluator knows of one service. */
export class ServiceState {
  instances: Instances = new Map();
  /** When the first list came; null: none did yet. */
  firstListAt: number | null = null;
  readonly kept: KeptMemory;
  savedAt: number;
  /** A zone changed since it was saved. */
  changed = false;
  readonly #scrapes = new Map<InstanceId, OwnScrapes>();
  /** Scraped and not evaluated yet. */
  readonly #due = new Set<InstanceId>();
  #tickedAt = -Infinity;
  /** When it was looked for scores that grew old. */
  #lookedAt = -Infinity;

  constructor(
    public compiled: CompiledService,
    before: ServiceMemory,
    now: number,
  ) {
    this.kept = new KeptMemory(compiled.policy, before.instances);
    this.savedAt = now;
  }

  /** Read it before the next evaluation is kept. */
  get memory(): ServiceMemory {
    return { instances: this.kept };
  }

  get policy(): ServicePolicy {
    return this.compiled.policy;
  }

  get name(): ServiceName {
    return this.policy.service;
  }

  /** How many are due. */
  get waiting(): number {
    return this.#due.size;
  }

  /** Goes on under another policy of the same service. */
  adopt(compiled: CompiledService): void {
    const { policy } = compiled;
    if (policy !== this.policy) this.kept.adopt(policy, reconfigure(this.memory, this.policy, policy).instances);
    this.compiled = compiled;
  }

  /** Takes another list. Of whoever is gone, or is another process under the same id: what was seen of the old one says nothing. */
  list(instances: Instances): void {
    for (const [id, before] of this.instances) {
      if (instances.get(id)?.joinedAt === before.joinedAt) continue;
      this.#scrapes.delete(id);
      this.#due.delete(id);
    }
    this.instances = instances;
  }

  upOf(id: InstanceId): UpObservation {
    return this.#scrapes.get(id)?.up ?? neverScraped;
  }

  /** How long the last scrape of its own page took; null: there was none. */
  scrapeMsOf(id: InstanceId): number | null {
    return this.#scrapes.get(id)?.tookMs ?? null;
  }

  /** An instance's own page was read, or could not be: it is due. */
  scraped(id: InstanceId, { outcome, durationMs }: Scrape, now: number): void {
    let scrapes = this.#scrapes.get(id);
    if (!scrapes) this.#scrapes.set(id, (scrapes = new OwnScrapes()));
    scrapes.take(outcome, durationMs, now);
    this.#due.add(id);
  }

  /** Where no page of an instance's own sets the pace, everyone is due once an interval. */
  tick(now: number): void {
    const { compiled, policy } = this;
    if (compiled.scrapesOwn || now - this.#tickedAt < policy.scrape.intervalMs) return;
    this.#tickedAt = now;
    for (const id of this.instances.keys()) this.#due.add(id);
  }

  /** The first of those who are due, at most `count`; they are due no more. */
  take(count: number): InstanceId[] {
    const taken: InstanceId[] = [];
    for (const id of this.#due) {
      if (taken.length >= count) break;
      taken.push(id);
      this.#due.delete(id);
    }
    return taken;
  }

  /** Whom memory knows and the list does not. Before the first list nobody: what is remembered from before a restart waits for it. */
  get gone(): readonly InstanceId[] {
    if (this.firstListAt === null) return [];
    return [...this.kept.keys()].filter((id) => !this.instances.has(id));
  }

  /** It was looked for old scores just now. */
  isLookedAt(now: number): boolean {
    return Math.abs(now - this.#lookedAt) < EXPIRY_MS;
  }

  looked(now: number): void {
    this.#lookedAt = now;
  }
}
