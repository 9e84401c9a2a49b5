/** Wiring only: what the scheduler is made of, in the order in which it starts. */
import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import type { z } from 'zod';
import { addConfigMetrics, configEndpoints } from '../config/api.js';
import { Reloader, ServiceMemo, type Configuration, type Reloaded, type Trigger } from '../config/index.js';
import { type Loadable, requireConfiguration } from '../config/required.js';
import { watchConfiguration } from '../config/watch.js';
import { createEngineClient } from '../engine/client/index.js';
import type { Clock } from '../lib/clock.js';
import { createLock } from '../lib/consul/lock.js';
import { createClient } from '../lib/http/client.js';
import { createApp, listen } from '../lib/http/server.js';
import { createLog, type Log } from '../lib/log.js';
import { openDatabase } from '../lib/sqlite.js';
import { version } from '../lib/version.js';
import { routes } from './api/routes.js';
import { Acts } from './api/acts.js';
import { Controls } from './api/controls.js';
import { peopleEndpoints } from './api/people.js';
import { SchedulerMetrics } from './api/metrics.js';
import { Applier } from './apply/index.js';
import { Steps } from './apply/steps.js';
import { Tidier } from './apply/tidier.js';
import { controlSchema, ledgerSchema, serviceRecordSchema, toldSchema } from './client/index.js';
import { type Edges, realEdges } from './edges.js';
import { createNginx } from './gateway/index.js';
import { Journal } from './journal/index.js';
import { migrations } from './journal/store.js';
import { openOf } from './apply/ledger.js';
import { foresee } from './foresee.js';
import { permitStep } from './lead/index.js';
import { planText } from './plan/text.js';
import { createPreview } from './previews.js';
import { createTelling } from './telling.js';
import { Turns } from './turns.js';
import { Observer } from './world/index.js';
import { KvMirror } from './world/mirror.js';
import { RuntimeFacts } from './world/runtime.js';
import { Sweeper } from './world/sweeper.js';
import { ScoresFollower } from './world/scores.js';

export interface SchedulerOptions {
  readonly configDirectory: string;
  readonly clock: Clock;
  readonly log?: Log;
  readonly signal?: AbortSignal;
  /** The real ones unless given. */
  readonly edges?: Edges;
}

export interface RunningService {
  readonly url: string;
  /** Reads the configuration folder again, and takes all of it or nothing. */
  reload(trigger: Trigger): Reloaded;
  /** Hands leadership over and ends; resolves when nothing runs any more. */
  stop(): Promise<void>;
}

/** Starts the scheduler. Rejects with a BallastError when the configuration, the data folder or the address cannot be used. */
export const runScheduler = async ({
  configDirectory,
  clock,
  log: given,
  signal,
  edges = realEdges,
}: SchedulerOptions): Promise<RunningService> => {
  const loadable = { directory: configDirectory, options: { env: process.env, memo: new ServiceMemo() } };
  const started = requireConfiguration(loadable.directory, loadable.options);
  const { configuration } = started;
  const log = given ?? createLog({ level: configuration.ballast.log.level, name: 'scheduler' });
  const ending = new AbortController();
  // Every loop and every question to Consul listens to it: many are no leak.
  setMaxListeners(0, ending.signal);
  signal?.addEventListener('abort', () => {
    ending.abort();
  });
  const parts = assemble({ ...loadable, started }, edges, clock, log, ending.signal);
  const server = await listen(parts.app, configuration.ballast.scheduler.listen);
  log.info({ url: server.url, services: configuration.services.size }, 'the scheduler listens');
  const running = Promise.all(parts.run());
  return {
    url: server.url,
    reload: (trigger) => parts.reloader.reload(trigger),
    stop: async () => {
      ending.abort();
      await parts.finish();
      await running;
      await server.close();
      parts.close();
      log.info('the scheduler has stopped');
    },
  };
};

/** Longer than the usual grace of a stop and the start after it. */
const lastStepMs = 60_000;

const assemble = (loaded: Loadable, edges: Edges, clock: Clock, log: Log, signal: AbortSignal) => {
  const { ballast } = loaded.started.configuration;
  const { consul: consulConfig, scheduler } = ballast;
  const consul = edges.consul(consulConfig);
  const mirror = <S extends z.ZodType>(folder: string, schema: S): KvMirror<S> =>
    new KvMirror(consul, `${consulConfig.prefix}${folder}/`, schema, log, wake);
  const wake = (): void => {
    turns.wake();
  };
  const records = mirror('plan', serviceRecordSchema);
  const ledgers = mirror('ledger', ledgerSchema);
  const said = mirror('control', controlSchema);
  const runtimeOf = edges.runtimes({ dockerSocket: ballast.docker.socket, clock, log });
  const gateway = ballast.gateway
    ? createNginx({ config: ballast.gateway, clock, log, mayChange: () => lock.state().held })
    : null;
  const database = openDatabase(join(scheduler.data, 'journal.db'), migrations, log);
  const journal = new Journal(edges.journal(database), log);
  const http = createClient({ baseUrl: scheduler.engine.url, token: scheduler.engine.token, timeoutMs: 5_000 });
  const engine = createEngineClient(http);
  const scores = new ScoresFollower(engine, clock, log, wake);
  const facts = new RuntimeFacts(runtimeOf, clock, wake);
  const lock = createLock({
    consul,
    key: `${consulConfig.prefix}leader`,
    value: JSON.stringify({ node: hostname(), pid: process.pid }),
    ...consulConfig.session,
    clock,
    log,
  });
  const permit = permitStep(lock, ledgers, clock);
  const steps = new Steps(runtimeOf, permit, clock, log, wake);
  const tidier = new Tidier({ runtimeOf, permit, journal, clock, log });
  const configuration = () => reloader.configuration;
  const observer = new Observer({
    configuration,
    consul,
    scores,
    facts,
    records,
    ledgers,
    controls: said,
    clock,
    log,
    onChange: wake,
  });
  const applier = new Applier({ records, ledgers, gateway, steps, tidier, facts, journal, log });
  const metrics = new SchedulerMetrics(new Registry());
  metrics.journal(() => journal.size());
  const telling = createTelling({
    ...{ configuration, clock, log, node: hostname(), told: mirror('notify', toldSchema) },
    pulse: () => ({ ...turns.pulse(), more: { token: lock.state().token, services: configuration().services.size } }),
  });
  metrics.telling(() => telling.view().webhooks);
  const turns = new Turns({
    notifier: telling.notifier,
    configuration,
    observer,
    applier,
    gateway,
    lock,
    steps,
    records,
    ledgers,
    journal,
    metrics,
    clock,
    log,
  });
  const apply = (next: Configuration, before: Configuration): void => {
    observer.reconfigured();
    if (next.ballast.log.level !== before.ballast.log.level) log.level = next.ballast.log.level;
  };
  const reloader = new Reloader({ ...loaded, part: 'scheduler', apply, clock, log });
  addConfigMetrics(metrics.registry, reloader);
  const controls = new Controls(said, journal, clock);
  const acts = new Acts({
    ...{ said, journal, clock },
    foresee: ({ world, decision, at }, act) =>
      foresee({ world, memory: decision.memory, fleet: configuration().ballast.scheduler, now: at }, act),
  });
  const subjects = { services: () => [...configuration().services.keys()], shown: () => turns.shown() };
  const app = createApp({
    log,
    name: 'ballast-scheduler',
    version,
    tokens: scheduler.listen.tokens,
    metrics: metrics.registry,
    ready: () =>
      turns.readiness(
        [scores.trouble(), journal.trouble(), records.trouble(), ledgers.trouble(), said.trouble()],
        [...reloader.troubles, ...telling.notes()],
      ),
    routes: routes({
      ...subjects,
      leader: () => turns.leader(),
      gateway,
      journal,
      verifyJournal: () =>
        journal.verify(() => ({
          open: openOf(ledgers, clock.now()),
          complete: false,
          token: lock.state().held ? lock.state().token : null,
        })),
      pauses: controls,
      people: peopleEndpoints({ controls, acts, configuration, ...subjects, now: () => clock.now() }),
      planText,
      now: () => clock.now(),
      preview: createPreview({
        engine,
        shown: () => turns.shown(),
        fleet: () => configuration().ballast.scheduler,
        env: process.env,
      }),
      telling,
      approvals: { said, journal, clock },
      configuration: configEndpoints(reloader),
    }),
  });
  const leading = new AbortController();
  let acting: Promise<unknown> = Promise.resolve();
  return {
    app,
    reloader,
    // Given back only when the last turn, reload and step are over: nobody else may act on what is half done.
    finish: async () => {
      await acting;
      await Promise.all([steps.stop(lastStepMs), tidier.stop()]);
      leading.abort();
    },
    run: () => [
      (acting = Promise.all([turns.run(signal), ...(gateway ? [gateway.run(signal)] : [])])),
      lock.run(leading.signal),
      records.run(signal),
      ledgers.run(signal),
      said.run(signal),
      scores.run(signal),
      observer.run(signal),
      telling.run(signal),
      new Sweeper({ said, lock, clock, log }).run(signal),
      watchConfiguration(reloader, { directory: loaded.directory, clock, log }, signal),
    ],
    close: () => {
      database.close();
    },
  };
};
