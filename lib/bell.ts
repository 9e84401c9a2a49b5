import type { Clock } from './clock.js';
import { pause } from './loop.js';

/** Lets a loop sleep until something changed, or a time is over, whichever comes first. A ring while nobody waits is kept. */
export class Bell {
  private rung = false;
  private wake: (() => void) | null = null;

  ring(): void {
    this.rung = true;
    this.wake?.();
  }

  /** Resolves after a ring or `ms`, or when the signal aborts; never rejects. */
  async wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    if (!this.rung) {
      const woken = new AbortController();
      this.wake = () => {
        woken.abort();
      };
      await pause(clock, ms, AbortSignal.any([signal, woken.signal]));
      this.wake = null;
    }
    this.rung = false;
  }
}
