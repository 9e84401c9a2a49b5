import { setImmediate as othersFirst } from 'node:timers/promises';
import { scoringWindowMs, type ServiceName } from '../config/index.js';
import type { Clock } from '../lib/clock.js';
import type { Log } from '../lib/log.js';
import { pause } from '../lib/loop.js';
import { readiness, type Board, type Readiness } from './api/index.js';
import { createFilters, type CompiledService } from './derive/index.js';
import type { Evaluator } from './evaluator.js';
import type { Scrape, SeriesFilter, Target } from './model.js';
import { PageTroubles } from './pages.js';
import { targetsOf, type Discovery, type Registry } from './registry/index.js';
import type { Scraper } from './scrape/index.js';
import type { HistoryStore } from './store/index.js';

/** Scrapes that end within this time are evaluated together: what they share (their peers) is then looked at once. */
const GATHER_MS = 50;

export interface TurnsOptions {
  readonly evaluator: Evaluator;
  readonly scraper: Scraper;
  readonly registry: Registry;
  readonly board: Board;
  readonly store: HistoryStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** When things are done: evaluation soon after scrapes, new targets soon after discovery, the rest once a second. */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #pages: PageTroubles;
  #filterFor: (target: Target) => SeriesFilter = createFilters([]);
  #moved = false;
  #rung = false;
  #wake: (() => void) | null = null;
  #problems = '';

  constructor(options: TurnsOptions) {
    this.#options = options;
    this.#pages = new PageTroubles(options.log);
  }

  scraped(target: Target, scrape: Scrape): void {
    this.#pages.note(target, scrape);
    this.#options.evaluator.scraped(target, scrape);
    this.#ring();
  }

  discovered(service: ServiceName, discovery: Discovery): void {
    this.#options.evaluator.discovered(service, discovery);
    this.#moved = true;
    this.#ring();
  }

  /** Other services, or other policies of them: what is scraped and read follows at once. */
  reconfigured(services: readonly CompiledService[]): void {
    this.#filterFor = createFilters(services);
    this.#retarget();
  }

  /** `troubles`: what is wrong elsewhere without keeping scores from being made. */
  readiness(others: readonly string[] = []): Readiness {
    const { evaluator, registry, store, board, clock } = this.#options;
    const services = evaluator.services.map(({ policy, firstListAt }) => {
      const windowMs = scoringWindowMs(policy.scrape.intervalMs);
      return { service: policy.service, discovery: registry.discovery(policy.service), firstListAt, windowMs };
    });
    const troubles = [...(store.problem === null ? [] : [store.problem]), ...this.#pages.ofServers, ...others];
    const state = readiness({ answered: registry.answered, was: board.ready, services, troubles }, clock.now());
    if (state.ready) board.setReady();
    return state;
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    while (!signal.aborted) {
      await Promise.race([ended, this.#woken()]);
      if (await pause(this.#options.clock, GATHER_MS, signal)) await this.#turn();
    }
  }

  /** Some times a second: those services whose instances' own pages nobody reads. */
  async tick(): Promise<void> {
    this.#options.evaluator.tick();
    await this.#evaluate();
  }

  /** Once a second: what grew old, what is to be written. */
  async sweep(): Promise<void> {
    const { evaluator, store } = this.#options;
    await this.#evaluate();
    evaluator.sweep();
    this.readiness();
    for (const _ of evaluator.save()) await othersFirst();
    while (store.flush()) await othersFirst();
    await othersFirst();
    store.tidy();
  }

  /** In slices: what else waits comes first in between. */
  async #evaluate(): Promise<void> {
    while (this.#options.evaluator.evaluateSome()) await othersFirst();
  }

  async #turn(): Promise<void> {
    try {
      if (this.#moved) this.#retarget();
      await this.#evaluate();
    } catch (error) {
      this.#options.log.error({ err: error }, 'a turn failed; the next one goes on');
    }
  }

  #retarget(): void {
    this.#moved = false;
    const { evaluator, scraper, log } = this.#options;
    const { targets, problems } = targetsOf(evaluator.services);
    scraper.setTargets(targets, this.#filterFor);
    this.#pages.retain(new Set(targets.map(({ key }) => key)));
    evaluator.forgetSeries(targets);
    const said = problems.join('\n');
    if (said !== this.#problems && problems.length > 0) log.warn({ problems }, 'some pages cannot be scraped');
    this.#problems = said;
  }

  #ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Also for what rang while a turn was under way. */
  async #woken(): Promise<void> {
    if (!this.#rung) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#rung = false;
  }
}
