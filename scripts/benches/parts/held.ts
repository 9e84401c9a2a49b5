/** How long a piece of work held the event loop up, on a machine that others use too. */
import { readFileSync } from 'node:fs';

/** Nanoseconds that the main thread ran, and that it was ready and had no core (Linux, `/proc/PID/schedstat`). */
const schedule = (): { readonly ran: number; readonly kept: number } => {
  const [ran = 0, kept = 0] = readFileSync('/proc/self/schedstat', 'utf8').split(' ').map(Number);
  return { ran, kept };
};

export class Held {
  #longest = 0;
  #longestCpu = 0;
  #cpu = 0;
  #count = 0;

  /** Runs it. The time that other processes had the core is not counted; the time that a disk took is. */
  around<T>(work: () => T): T {
    const [from, at] = [schedule(), performance.now()];
    const result = work();
    const wallMs = performance.now() - at;
    const to = schedule();
    const cpuMs = (to.ran - from.ran) / 1e6;
    this.#count += 1;
    this.#cpu += cpuMs;
    this.#longestCpu = Math.max(this.#longestCpu, cpuMs);
    this.#longest = Math.max(this.#longest, wallMs - (to.kept - from.kept) / 1e6);
    return result;
  }

  get row(): {
    readonly times: number;
    readonly cpuMs: number;
    readonly longestMs: number;
    readonly longestCpuMs: number;
  } {
    const round = (ms: number): number => Math.round(10 * ms) / 10;
    return {
      times: this.#count,
      cpuMs: round(this.#cpu),
      longestMs: round(this.#longest),
      longestCpuMs: round(this.#longestCpu),
    };
  }
}
