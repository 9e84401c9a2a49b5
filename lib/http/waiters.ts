import type { Clock } from '../clock.js';

interface Waiter {
  /** On the monotonic clock. */
  readonly until: number;
  readonly leave: () => void;
}

/** Whose time is up is looked for no more often than that: many who wait need one timer, not one each. */
const GRAIN_MS = 10;

/** Those who wait for one thing, each for as long as it likes. Waiting costs nothing but its place here. */
export class Waiters {
  readonly #clock: Clock;
  readonly #all = new Set<Waiter>();
  #alarm: { readonly at: number; readonly off: AbortController } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Resolves when woken, after `waitMs`, or when the signal aborts. Never rejects. */
  add(waitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const leave = (): void => {
        signal.removeEventListener('abort', leave);
        this.#all.delete(waiter);
        if (this.#all.size === 0) this.#disarm();
        resolve();
      };
      const waiter: Waiter = { until: this.#clock.mono() + waitMs, leave };
      signal.addEventListener('abort', leave, { once: true });
      this.#all.add(waiter);
      if (this.#alarm === null || waiter.until < this.#alarm.at) this.#arm(waiter.until);
    });
  }

  wakeAll(): void {
    for (const { leave } of this.#all) leave();
  }

  #arm(at: number): void {
    this.#disarm();
    const off = new AbortController();
    this.#alarm = { at, off };
    void this.#ringAt(at, off.signal);
  }

  #disarm(): void {
    this.#alarm?.off.abort();
    this.#alarm = null;
  }

  async #ringAt(at: number, off: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(Math.max(0, at - this.#clock.mono()), off);
    } catch (thrown) {
      if (!off.aborted) throw thrown;
    }
    if (!off.aborted) this.#ring();
  }

  /** A timer may ring a little early: whoever has less than a millisecond left is let go too. */
  #ring(): void {
    this.#alarm = null;
    const now = this.#clock.mono();
    let next = Infinity;
    for (const { until, leave } of this.#all) {
      if (until <= now + 1) leave();
      else next = Math.min(next, until);
    }
    if (this.#all.size > 0 && this.#alarm === null) this.#arm(Math.max(next, now + GRAIN_MS));
  }
}
