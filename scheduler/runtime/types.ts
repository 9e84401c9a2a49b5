import type { RuntimePolicy } from '../../config/index.js';
import type { Action, Identity } from '../client/index.js';
import type { CatalogEntry, RuntimeFact, StepResult } from '../model.js';
import type { GentleRequest } from './gentle.js';

/** What is known of the instance whose process is looked for. */
export interface RuntimeTarget {
  readonly service: string;
  readonly entry: CatalogEntry;
  readonly policy: RuntimePolicy;
}

export interface StepOptions {
  /** Id of the action: what is half made bears it, so that whoever goes on finds it. */
  readonly action: string;
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
  /** Asked at the last moment before anything is done: false once somebody else may lead, as after a long sleep. */
  readonly still: () => boolean;
}

export interface ReplaceOptions extends StepOptions {
  /** Where ports and names allow it. */
  readonly startNewFirst: boolean;
}

/** What a step says that found itself no longer permitted. */
export const notBegun = { kind: 'look-again', text: 'not begun: the lock is not confirmed any more' } as const;

/** A replacement that is over, and what became of it. */
export type Replaced = Pick<Action, 'id' | 'identity' | 'outcome'>;

export type Tidied =
  /** Nothing was left to do, now or for ever. */
  | { readonly kind: 'nothing' }
  /** The old one is gone for good. */
  | { readonly kind: 'removed'; readonly text: string }
  /** The old one is back, the new one gone. */
  | { readonly kind: 'undone'; readonly text: string }
  /** To be tried again. */
  | { readonly kind: 'failed'; readonly text: string };

/**
 * A place where processes run. `find` never guesses: owner address, label, port and id must agree, else `ambiguous` or
 * `none`; an error is `unreadable`. A step acts on exactly that identity or not at all, and rejects only when the signal
 * aborts. Each may be asked for again after a crash at any point of it, and then goes on where it stood.
 */
export interface Place {
  find(target: RuntimeTarget, signal: AbortSignal): Promise<RuntimeFact>;
  /** Stops with SIGTERM, waits `graceMs`, kills, and starts again. */
  restart(target: RuntimeTarget, identity: Identity, options: StepOptions, signal: AbortSignal): Promise<StepResult>;
  /** Another process in its place, under the same instance id. The old one is kept, stopped, where that is possible. */
  replace(target: RuntimeTarget, identity: Identity, options: ReplaceOptions, signal: AbortSignal): Promise<StepResult>;
  /** After the end of a replacement: verified, what was kept is removed; not verified, it is brought back. */
  tidy(
    target: RuntimeTarget,
    replaced: Replaced,
    options: Omit<StepOptions, 'action'>,
    signal: AbortSignal,
  ): Promise<Tidied>;
}

/** What steps are done by: a place, and the way to ask an instance itself. */
export interface Runtime extends Place {
  /** Asks the instance to mend itself. The process stays the same. */
  gentle(
    target: RuntimeTarget,
    identity: Identity,
    request: GentleRequest,
    options: StepOptions,
    signal: AbortSignal,
  ): Promise<StepResult>;
}
