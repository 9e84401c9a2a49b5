/** Wiring only: what the engine is made of, in the order in which it starts and stops. */
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { addConfigMetrics, configEndpoints } from '../config/api.js';
import { Recorder, ServiceEditor, Versions } from '../config/edit/index.js';
import { Reloader, ServiceMemo, type Reloaded, type Trigger } from '../config/index.js';
import { type Loadable, requireConfiguration } from '../config/required.js';
import { watchConfiguration } from '../config/watch.js';
import type { Clock } from '../lib/clock.js';
import { createConsul } from '../lib/consul/index.js';
import { createApp, listen } from '../lib/http/server.js';
import { createLog, type Log } from '../lib/log.js';
import { runLoop } from '../lib/loop.js';
import { version } from '../lib/version.js';
import { addRoutes, Board, configurationEndpoints, EngineMetrics } from './api/index.js';
import { checkQuery, checkService, SeriesStore } from './derive/index.js';
import { Evaluator } from './evaluator.js';
import { PrometheusReader } from './prometheus/index.js';
import { createPast } from './past/index.js';
import { Adopter, Registry } from './registry/index.js';
import { finish } from './saving.js';
import { PageFetcher, Scraper } from './scrape/index.js';
import { HistoryStore } from './store/index.js';
import { checkExpression } from './score/index.js';
import { Services, ServiceSet } from './services.js';
import { Turns } from './turns.js';
import { WhatIfs } from './whatif/index.js';

export interface EngineOptions {
  readonly configDirectory: string;
  readonly clock: Clock;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

export interface RunningEngine {
  readonly url: string;
  /** Reads the configuration folder again, and takes all of it or nothing. */
  reload(trigger: Trigger): Reloaded;
  /** Resolves when nothing runs any more and everything is written. */
  stop(): Promise<void>;
}

/** Starts the engine. Rejects with a BallastError when the configuration or the address cannot be used. */
export const runEngine = async ({
  configDirectory,
  clock,
  log: given,
  signal,
}: EngineOptions): Promise<RunningEngine> => {
  const checks = { checkQuery, checkExpression, checkService };
  const loadable = { directory: configDirectory, options: { env: process.env, memo: new ServiceMemo(), ...checks } };
  const started = requireConfiguration(loadable.directory, loadable.options);
  const { configuration } = started;
  const log = given ?? createLog({ level: configuration.ballast.log.level, name: 'engine' });
  const ending = new AbortController();
  // One or two for each loop and each question under way.
  setMaxListeners(0, ending.signal);
  const parts = assemble({ ...loadable, started }, clock, log);
  const server = await listen(parts.app, configuration.ballast.engine.listen).catch(async (error: unknown) => {
    await parts.close();
    throw error;
  });
  log.info({ url: server.url, services: configuration.services.size }, 'the engine listens');
  const running = parts.run(ending.signal);
  const stop = async (): Promise<void> => {
    ending.abort();
    await running;
    await server.close();
    await parts.close();
    log.info('the engine has stopped');
  };
  let stopping: Promise<void> | null = null;
  const stopOnce = (): Promise<void> => (stopping ??= stop());
  signal?.addEventListener('abort', () => void stopOnce(), { once: true });
  return { url: server.url, reload: (trigger) => parts.reloader.reload(trigger), stop: stopOnce };
};

const assemble = (loaded: Loadable, clock: Clock, log: Log) => {
  const { ballast, services } = loaded.started.configuration;
  const { consul: consulConfig, engine } = ballast;
  const policies = [...services.values()];
  const consul = createConsul(consulConfig);
  const fetcher = new PageFetcher(clock);
  const prometheus = new PrometheusReader(clock);
  const path = join(engine.data, 'history.db');
  const store = new HistoryStore({ path, limits: engine.history, clock, log });
  const board = new Board(policies, clock);
  const metrics = new EngineMetrics({ board, scraper: () => scraper.counts, store: () => store.counts });
  const series = new SeriesStore();
  const { set } = ServiceSet.empty.next('file', policies);
  const evaluator = new Evaluator({
    services: set.all,
    series,
    board,
    store,
    metrics,
    mark: (service, id) => registry.mark(service, id),
    clock,
    log,
  });
  const scraper = new Scraper({
    clock,
    log,
    concurrency: engine.scrapeConcurrency,
    fetch: (target, filter, signal) =>
      target.question ? prometheus.fetch(target, target.question, signal) : fetcher.fetch(target, filter, signal),
    onScrape: (target, scrape) => turns.scraped(target, scrape),
  });
  const registry = new Registry({
    consul,
    policies,
    prefix: consulConfig.prefix,
    maxStaleMs: consulConfig.maxStaleMs,
    clock,
    log,
    onDiscovery: ({ service }, discovery) => turns.discovered(service, discovery),
  });
  const turns = new Turns({ evaluator, scraper, registry, board, store, clock, log });
  const scored = new Services({ evaluator, registry, board, store, turns }, set);
  const whatIf = new WhatIfs({
    present: (service) => evaluator.present(service),
    current: (service) => board.service(service)?.scores ?? [],
    history: { path, flush: () => store.flush() },
    env: process.env,
    clock,
  });
  const reloader = new Reloader({
    ...loaded,
    part: 'engine',
    apply: (next, before) => {
      scored.replace('file', [...next.services.values()]);
      if (next.ballast.log.level !== before.ballast.log.level) log.level = next.ballast.log.level;
    },
    clock,
    log,
  });
  const adopter = new Adopter({
    consul,
    policy: () => reloader.configuration.ballast.discover,
    filed: () => new Set(reloader.configuration.services.keys()),
    maxStaleMs: consulConfig.maxStaleMs,
    checks: { checkQuery, checkExpression, checkService },
    clock,
    log,
    onAdopted: (found) => void scored.replace('discovery', found),
  });
  addConfigMetrics(metrics.registry, reloader);
  const past = createPast({
    ...{ store, clock },
    policyOf: (service) => scored.policy(service),
    present: (service, instance) => board.service(service)?.rows.get(instance)?.score ?? null,
  });
  const versions = new Versions({ path: join(engine.data, 'versions.db'), clock, log });
  const recorder = new Recorder(reloader, versions, clock);
  const editor = new ServiceEditor({ reloader, recorder });
  const app = createApp({
    log,
    name: 'ballast-engine',
    version,
    tokens: engine.listen.tokens,
    metrics: metrics.page,
    ready: () =>
      turns.readiness([
        ...reloader.troubles,
        ...(versions.problem === null ? [] : [versions.problem]),
        ...adopter.problems,
      ]),
    routes: (to) =>
      addRoutes(to, {
        board,
        clock,
        explain: (service, id) => evaluator.explain(service, id),
        past,
        whatIf: {
          simulate: (request) => whatIf.simulate(request),
          now: (request) => whatIf.now(request),
          replay: (...given) => whatIf.replay(...given),
        },
        configuration: [
          ...configEndpoints(reloader),
          ...configurationEndpoints({
            reloader,
            editor,
            recorder,
            policies: () => scored.policies,
            whatIf: (service, candidate) => whatIf.dryRun(service, candidate),
          }),
        ],
      }),
  });
  return {
    app,
    reloader,
    run: async (signal: AbortSignal): Promise<void> => {
      await Promise.all([
        registry.run(signal),
        adopter.run(signal),
        scraper.run(signal),
        turns.run(signal),
        runLoop({ name: 'tick', everyMs: 250, clock, log }, () => turns.tick(), signal),
        watchConfiguration(reloader, { directory: loaded.directory, clock, log }, signal),
        runLoop({ name: 'sweep', everyMs: 1_000, clock, log }, () => turns.sweep(), signal),
      ]);
    },
    close: async (): Promise<void> => {
      evaluator.evaluateDue();
      finish(evaluator.save(true));
      store.close();
      versions.close();
      await Promise.all([fetcher.close(), prometheus.close()]);
      consul.close();
    },
  };
};
