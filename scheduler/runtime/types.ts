import type { RuntimePolicy } from '../../config/index.js';
import type { Identity } from '../client/index.js';
import type { CatalogEntry, RuntimeFact, StepResult } from '../model.js';

/** What is known of the instance whose process is looked for. */
export interface RuntimeTarget {
  readonly service: string;
  readonly entry: CatalogEntry;
  readonly policy: RuntimePolicy;
}

export interface RestartOptions {
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
  /** Asked at the last moment before anything is done: false once somebody else may lead, as after a long sleep. */
  readonly still: () => boolean;
}

/** What a restart says that found itself no longer permitted. */
export const notBegun = { kind: 'look-again', text: 'not begun: the lock is not confirmed any more' } as const;

/**
 * A place where processes run. `find` never guesses: owner address, label, port and id must agree, else `ambiguous` or
 * `none`; an error is `unreadable`. `restart` acts on exactly that identity or not at all, stops with SIGTERM, waits
 * `graceMs`, kills, and starts again; it rejects only when the signal aborts.
 */
export interface Runtime {
  find(target: RuntimeTarget, signal: AbortSignal): Promise<RuntimeFact>;
  restart(target: RuntimeTarget, identity: Identity, options: RestartOptions, signal: AbortSignal): Promise<StepResult>;
}
