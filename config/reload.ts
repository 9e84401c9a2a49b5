/**
 * Takes a changed configuration while a service runs: all of it or nothing. One that is bad in any file leaves in force what
 * was, and is told in the log, the API and a metric.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../lib/clock.js';
import { BallastError } from '../lib/errors.js';
import type { Log } from '../lib/log.js';
import { loadConfiguration } from './load.js';
import type { Loaded, LoadOptions, Overlay, ServiceMemo } from './load.js';
import { needsRestart } from './pending.js';
import type { Part } from './pending.js';
import type { BallastConfig, Configuration } from './policy.js';
import { formatProblem } from './problems.js';
import type { Problem } from './problems.js';
import type { ConfigState, Trigger } from './wire.js';

export interface Changes {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export type Reloaded =
  | {
      readonly ok: true;
      readonly changes: Changes;
      readonly needsRestart: readonly string[];
      readonly warnings: readonly Problem[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface ReloaderOptions {
  readonly directory: string;
  readonly part: Part;
  readonly options: LoadOptions & { readonly memo: ServiceMemo };
  readonly started: Extract<Loaded, { ok: true }>;
  /** Puts a good configuration in force, which is {@link Reloader.configuration} by then; what throws a BallastError has changed nothing. */
  readonly apply: (next: Configuration, before: Configuration) => void;
  readonly clock: Clock;
  readonly log: Log;
}

const textOf = (problems: readonly Problem[]): string => problems.map(formatProblem).join('\n');

type Services = Configuration['services'];
type Texts = ReadonlyMap<string, { readonly file: string; readonly text: string }>;

/** What differs between two configurations, by service. */
export const compareServices = (before: Services, after: Services): Changes => ({
  added: [...after.keys()].filter((name) => !before.has(name)),
  changed: [...after]
    .filter(([name, policy]) => before.has(name) && !isDeepStrictEqual(before.get(name), policy))
    .map(([name]) => name),
  removed: [...before.keys()].filter((name) => !after.has(name)),
});

const isChange = ({ added, changed, removed }: Changes): boolean => added.length + changed.length + removed.length > 0;

export class Reloader {
  readonly #options: ReloaderOptions;
  readonly #started: BallastConfig;
  #configuration: Configuration;
  #warnings: readonly Problem[];
  #problems: readonly Problem[] = [];
  #needsRestart: readonly string[] = [];
  #goodAt: number;
  #last: { readonly at: number; readonly trigger: Trigger };
  #texts: Texts;
  readonly #listeners = new Set<() => void>();

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#started = options.started.configuration.ballast;
    this.#configuration = options.started.configuration;
    this.#warnings = options.started.warnings;
    this.#goodAt = options.clock.now();
    this.#last = { at: this.#goodAt, trigger: 'start' };
    this.#texts = this.#read();
  }

  /** In force. What needs a restart is in it as the service was started with. */
  get configuration(): Configuration {
    return this.#configuration;
  }

  get state(): ConfigState {
    return {
      directory: this.#options.directory,
      ok: this.#problems.length === 0,
      goodAt: this.#goodAt,
      last: this.#last,
      services: [...this.#configuration.services.keys()],
      needsRestart: [...this.#needsRestart],
      problems: [...this.#problems],
      warnings: [...this.#warnings],
    };
  }

  /** What a person should know at once, as sentences; none: what lies in the folder is in force. */
  get troubles(): readonly string[] {
    const [first] = this.#problems;
    const more = this.#problems.length > 1 ? ` and ${this.#problems.length - 1} more` : '';
    return [
      ...(first ? [`the configuration is refused and the last good one stays: ${formatProblem(first)}${more}`] : []),
      ...(this.#needsRestart.length > 0
        ? [`${this.#needsRestart.join(', ')} in ballast.yaml changed: needs a restart`]
        : []),
    ];
  }

  /** The texts in force of the service files, by service. */
  get texts(): Texts {
    return this.#texts;
  }

  /** Called after each good load, whether or not it changed anything. */
  onGood(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** What the folder would come to with other texts in some service files. Nothing is changed. */
  preview(overlay: Overlay): Loaded {
    return this.#load({ overlay });
  }

  /** Reads the folder and puts it in force, or says why not. Never throws for what a user wrote. */
  reload(trigger: Trigger): Reloaded {
    const loaded = this.#load({});
    const result = loaded.ok ? this.#apply(loaded) : loaded;
    const now = this.#options.clock.now();
    const isNews = !result.ok || isChange(result.changes) || this.#problems.length > 0;
    if (isNews || trigger !== 'file') this.#last = { at: now, trigger };
    if (!result.ok) {
      this.#refused(result.problems, trigger);
      return result;
    }
    this.#goodAt = now;
    this.#accepted(result, trigger);
    for (const listener of this.#listeners) listener();
    return result;
  }

  /** What the files of the services in force were just read as. */
  #read(): Texts {
    const { memo } = this.#options.options;
    return new Map(
      [...this.#configuration.services].flatMap(([service, { file }]) => {
        const text = memo.text(file);
        return text === null ? [] : [[service, { file, text }] as const];
      }),
    );
  }

  #load(more: { readonly overlay?: Overlay }): Loaded {
    const { directory, options } = this.#options;
    return loadConfiguration(directory, { ...options, ...more });
  }

  #apply({ configuration, warnings }: Extract<Loaded, { ok: true }>): Reloaded {
    const { apply, part } = this.#options;
    const { ballast } = configuration;
    // Of what is built in at the start the old stays in force; the rest is read where it stands.
    const next = {
      services: configuration.services,
      ballast: {
        ...this.#started,
        servicesDirectory: ballast.servicesDirectory,
        log: ballast.log,
        discover: ballast.discover,
        notify: ballast.notify,
        heartbeat: ballast.heartbeat,
        scheduler: {
          ...this.#started.scheduler,
          maxActions: ballast.scheduler.maxActions,
          maxConcurrent: ballast.scheduler.maxConcurrent,
          maintenance: ballast.scheduler.maintenance,
        },
      },
    };
    const before = this.#configuration;
    this.#configuration = next;
    try {
      apply(next, before);
      this.#texts = this.#read();
      const changes = compareServices(before.services, next.services);
      return { ok: true, changes, needsRestart: needsRestart(this.#started, ballast, part), warnings };
    } catch (error) {
      this.#configuration = before;
      if (!(error instanceof BallastError)) throw error;
      const { message, hint } = error;
      return {
        ok: false,
        problems: [{ file: this.#options.directory, line: 0, column: 0, path: '', message, hint }],
      };
    }
  }

  #accepted(result: Extract<Reloaded, { ok: true }>, trigger: Trigger): void {
    const { log } = this.#options;
    const healed = this.#problems.length > 0;
    const waits = result.needsRestart.join() !== this.#needsRestart.join() && result.needsRestart.length > 0;
    const warned = textOf(result.warnings) !== textOf(this.#warnings) && result.warnings.length > 0;
    this.#problems = [];
    this.#warnings = result.warnings;
    this.#needsRestart = result.needsRestart;
    if (isChange(result.changes)) log.info({ trigger, ...result.changes }, 'another configuration is in force');
    else if (healed) log.info({ trigger }, 'what lies on disk is good again, and in force');
    if (waits) log.warn({ keys: result.needsRestart }, 'these keys of ballast.yaml need a restart');
    if (warned) log.warn({ warnings: result.warnings.map(formatProblem) }, 'the configuration has warnings');
  }

  /** Said once for each distinct failure, not with every look at it. */
  #refused(problems: readonly Problem[], trigger: Trigger): void {
    const news = textOf(problems) !== textOf(this.#problems);
    this.#problems = problems;
    if (!news) return;
    const told = { trigger, problems: problems.map(formatProblem) };
    this.#options.log.error(told, 'the configuration is refused; the last good one stays in force');
  }
}
