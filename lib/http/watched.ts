import { type Clock, systemClock } from '../clock.js';
import { Waiters } from './waiters.js';

export interface Snapshot<T> {
  readonly index: number;
  readonly value: T;
}

/**
 * A value that readers can wait on. The index moves with each material change, and only then. It starts at the epoch's
 * milliseconds, so that an index from before a restart is never taken for a current one.
 */
export class Watched<T> {
  #index: number;
  #version = 0;
  #value: T;
  readonly #clock: Clock;
  /** Null until somebody waits: there is one of these for every instance, and few are waited for. */
  #waiters: Waiters | null = null;

  constructor(value: T, clock: Clock = systemClock) {
    this.#value = value;
    this.#clock = clock;
    this.#index = Math.max(1, Math.floor(clock.now()));
  }

  get(): Snapshot<T> {
    return { index: this.#index, value: this.#value };
  }

  /** A material change: the index moves, everyone who waits is answered. */
  set(value: T): void {
    this.#value = value;
    this.#index += 1;
    this.#version += 1;
    this.#waiters?.wakeAll();
  }

  /** A newer value that nobody needs to be woken for. */
  touch(value: T): void {
    this.#value = value;
    this.#version += 1;
  }

  /** Moves with every newer value, material or not. */
  get version(): number {
    return this.#version;
  }

  /** Readers that wait now. */
  get waiting(): number {
    return this.#waiters?.size ?? 0;
  }

  /**
   * Resolves at once unless `index` is the current one (an index from the future is one from another life); else with the
   * next change, after `waitMs`, or when the signal aborts, whichever comes first. Never rejects.
   */
  async wait(index: number, waitMs: number, signal: AbortSignal): Promise<Snapshot<T>> {
    if (index === this.#index && waitMs > 0 && !signal.aborted)
      await (this.#waiters ??= new Waiters(this.#clock)).add(waitMs, signal);
    return this.get();
  }
}
