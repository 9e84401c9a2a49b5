import type { Clock } from '../../lib/clock.js';

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** Lets everything that can go on without time go on: promises, then what they scheduled. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** A clock that stands still until it is told to advance. Sleepers wake in order of their time, each before the next. */
export class VirtualClock implements Clock {
  #elapsed = 0;
  #offset: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start = Date.UTC(2030, 0, 1)) {
    this.#offset = start;
  }

  now(): number {
    return this.#offset + this.#elapsed;
  }

  mono(): number {
    return this.#elapsed;
  }

  /** Sets the wall clock forward or back, as an administrator would; durations do not notice. */
  jump(ms: number): void {
    this.#offset += ms;
  }

  /** How many sleep now. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (await this.#slept(this.#elapsed + Math.max(0, ms), signal)) return;
    signal?.throwIfAborted();
  }

  /** False: the signal came first. */
  #slept(due: number, signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (slept: boolean): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', abort);
        resolve(slept);
      };
      const abort = (): void => {
        end(false);
      };
      const sleeper: Sleeper = {
        due,
        wake: () => {
          end(true);
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  async advance(ms: number): Promise<void> {
    const until = this.#elapsed + ms;
    await settle();
    for (let next = this.#next(until); next; next = this.#next(until)) {
      this.#elapsed = Math.max(this.#elapsed, next.due);
      next.wake();
      await settle();
    }
    this.#elapsed = until;
  }

  #next(until: number): Sleeper | null {
    let first: Sleeper | null = null;
    for (const sleeper of this.#sleepers)
      if (sleeper.due <= until && (first === null || sleeper.due < first.due)) first = sleeper;
    return first;
  }
}
