import type { RuntimePolicy } from '../../config/index.js';
import type { Identity } from '../client/index.js';
import type { CatalogEntry, RuntimeFact, StepResult } from '../model.js';

/** What is known of the instance whose process is looked for. */
export interface RuntimeTarget {
  readonly service: string;
  readonly entry: CatalogEntry;
  readonly policy: RuntimePolicy;
}

/**
 * A place where processes run. `find` never guesses: owner address, label, port and id must agree, else `ambiguous` or
 * `none`; an error is `unreadable`. `restart` acts on exactly that identity or not at all, stops with SIGTERM, waits
 * `graceMs`, kills, and starts again; it rejects only when the signal aborts.
 */
export interface Runtime {
  find(target: RuntimeTarget, signal: AbortSignal): Promise<RuntimeFact>;
  restart(
    target: RuntimeTarget,
    identity: Identity,
    options: { readonly graceMs: number },
    signal: AbortSignal,
  ): Promise<StepResult>;
}
