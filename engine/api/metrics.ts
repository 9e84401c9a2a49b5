import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { MetricsPage } from '../../lib/http/server.js';
import type { ScrapeOutcome } from '../model.js';
import type { Board } from './board.js';
import { scoreLines } from './score-lines.js';

export interface MetricsSources {
  readonly board: Board;
  readonly scraper: () => { readonly targets: number; readonly running: number; readonly skipped: number };
  /** `replaced`: history files that were given up for a new one. */
  readonly store: () => { readonly errors: number; readonly lostChunks: number; readonly replaced?: number };
}

type Labelled = Readonly<Record<string, string>>;

/** A gauge that is read when it is asked for. */
const gauge = (
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly string[],
  read: (set: (labels: Labelled, value: number) => void) => void,
): void => {
  const made: Gauge = new Gauge({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect: () => {
      made.reset();
      read((labels, value) => made.set(labels, value));
    },
  });
};

/** A counter that somebody else keeps. */
const counter = (registry: Registry, name: string, help: string, read: () => number): void => {
  const made: Counter = new Counter({
    name,
    help,
    registers: [registry],
    collect: () => {
      made.reset();
      made.inc(read());
    },
  });
};

const addBoard = (registry: Registry, board: Board): void => {
  gauge(registry, 'ballast_discovery', 'The state of discovery is 1, the others 0.', ['service', 'state'], (set) => {
    for (const { service, discovery } of board.services)
      for (const state of ['waiting', 'live', 'held']) set({ service, state }, discovery.state === state ? 1 : 0);
  });
  gauge(registry, 'ballast_blocking_readers', 'HTTP reads that wait for a change.', [], (set) =>
    set({}, board.waiting),
  );
};

const addInsides = (registry: Registry, { scraper, store }: MetricsSources): void => {
  gauge(registry, 'ballast_scrape_targets', 'Pages that are scraped.', [], (set) => set({}, scraper().targets));
  gauge(registry, 'ballast_scrapes_running', 'Scrapes under way.', [], (set) => set({}, scraper().running));
  counter(registry, 'ballast_scrapes_skipped_total', 'Scrapes skipped for being late.', () => scraper().skipped);
  counter(registry, 'ballast_store_errors_total', 'Failed accesses to the history file.', () => store().errors);
  const lost = 'History chunks given up because they could not be written for long.';
  counter(registry, 'ballast_store_lost_chunks_total', lost, () => store().lostChunks);
  const replaced = 'History files that were damaged, deleted or not ours, and given up for a new one.';
  counter(registry, 'ballast_store_files_replaced_total', replaced, () => store().replaced ?? 0);
};

/** What the engine says of itself and of its scores at `/metrics`. */
export class EngineMetrics {
  readonly registry = new Registry();
  readonly page: MetricsPage;
  readonly #scrapes = new Histogram({
    name: 'ballast_scrape_duration_seconds',
    help: 'Duration of scrapes by level and outcome.',
    labelNames: ['level', 'outcome'] as const,
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3],
    registers: [this.registry],
  });
  readonly #evaluations = new Counter({
    name: 'ballast_evaluations_total',
    help: 'Evaluations of instances by outcome.',
    labelNames: ['service', 'outcome'] as const,
    registers: [this.registry],
  });

  constructor(sources: MetricsSources) {
    collectDefaultMetrics({ register: this.registry });
    addBoard(this.registry, sources.board);
    addInsides(this.registry, sources);
    this.page = {
      contentType: this.registry.contentType,
      metrics: async () => `${await this.registry.metrics()}${await scoreLines(sources.board)}`,
    };
  }

  scraped(level: string, outcome: ScrapeOutcome['kind'], durationMs: number): void {
    this.#scrapes.observe({ level, outcome }, durationMs / 1000);
  }

  evaluated(service: string, outcome: 'done' | 'failed', count: number): void {
    this.#evaluations.inc({ service, outcome }, count);
  }
}
