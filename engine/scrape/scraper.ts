import type { Clock } from '../../lib/clock.js';
import { toError } from '../../lib/errors.js';
import type { Log } from '../../lib/log.js';
import type { Scrape, SeriesFilter, Target, TargetKey } from '../model.js';
import { DueHeap, firstDue } from './schedule.js';

export type FetchPage = (target: Target, filter: SeriesFilter, signal: AbortSignal) => Promise<Scrape>;

export interface ScraperOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly fetch: FetchPage;
  /** Called after each scrape, whatever its outcome, unless the target was removed or moved meanwhile. */
  readonly onScrape: (target: Target, scrape: Scrape) => void;
  /** Scrapes under way at once. */
  readonly concurrency: number;
}

export interface ScraperCounts {
  readonly targets: number;
  readonly running: number;
  readonly finished: number;
  /** Due while the one before was still running, or while no place was free for a whole interval. */
  readonly skipped: number;
}

interface Entry {
  target: Target;
  filter: SeriesFilter;
  running: boolean;
  removed: boolean;
}

/** The loop never sleeps for less: starts closer together share a wake-up, which is never before the due time. */
const tickMs = 5;

const sameAddress = (one: Target, other: Target): boolean =>
  one.url === other.url && one.intervalMs === other.intervalMs;

/**
 * Scrapes every target once per interval, for ever: no two scrapes of one target at once, never more than `concurrency` in
 * all, and no catching up: what is late is skipped and counted.
 */
export class Scraper {
  readonly #options: ScraperOptions;
  readonly #entries = new Map<TargetKey, Entry>();
  readonly #due = new DueHeap<Entry>();
  readonly #waiting: { readonly entry: Entry; readonly at: number }[] = [];
  #wake: (() => void) | null = null;
  /** When the clock wakes the loop up. */
  #alarmAt = Infinity;
  #running = 0;
  #finished = 0;
  #skipped = 0;

  constructor(options: ScraperOptions) {
    this.#options = options;
  }

  get counts(): ScraperCounts {
    return {
      targets: this.#entries.size,
      running: this.#running,
      finished: this.#finished,
      skipped: this.#skipped,
    };
  }

  /** Replaces what is scraped. Targets whose URL and interval stay keep their place in time, and a scrape under way. */
  setTargets(targets: readonly Target[], filterFor: (target: Target) => SeriesFilter): void {
    const keys = new Set(targets.map(({ key }) => key));
    for (const [key, entry] of this.#entries) if (!keys.has(key)) this.#remove(key, entry);
    for (const target of targets) this.#put(target, filterFor(target));
    this.#wake?.();
  }

  #remove(key: TargetKey, entry: Entry): void {
    entry.removed = true;
    this.#entries.delete(key);
  }

  #put(target: Target, filter: SeriesFilter): void {
    const old = this.#entries.get(target.key);
    if (old && sameAddress(old.target, target)) {
      old.target = target;
      old.filter = filter;
      return;
    }
    if (old) this.#remove(target.key, old);
    const entry: Entry = { target, filter, running: false, removed: false };
    this.#entries.set(target.key, entry);
    this.#due.push({ at: firstDue(target.key, target.intervalMs, this.#options.clock.mono()), item: entry });
  }

  /** Resolves when the signal has aborted and nothing runs any more. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
    while (!signal.aborted) {
      this.#startDue(signal);
      this.#setAlarm(signal);
      await this.#woken();
    }
    while (this.#running > 0) await this.#woken();
  }

  #startDue(signal: AbortSignal): void {
    const now = this.#options.clock.mono();
    while (this.#due.next <= now) {
      const due = this.#due.pop();
      if (!due || due.item.removed) continue;
      const { intervalMs } = due.item.target;
      // After a pause of the whole process the starts that were missed are not made up for.
      const missed = Math.floor((now - due.at) / intervalMs);
      this.#skipped += missed;
      const at = due.at + missed * intervalMs;
      due.at = at + intervalMs;
      this.#due.push(due);
      if (due.item.running) this.#skipped++;
      else this.#waiting.push({ entry: due.item, at });
    }
    this.#startWaiting(now, signal);
  }

  #startWaiting(now: number, signal: AbortSignal): void {
    while (this.#running < this.#options.concurrency) {
      const first = this.#waiting.shift();
      if (!first) return;
      const { entry, at } = first;
      if (entry.removed) continue;
      if (entry.running || now - at >= entry.target.intervalMs) this.#skipped++;
      else void this.#scrape(entry, signal);
    }
  }

  async #scrape(entry: Entry, signal: AbortSignal): Promise<void> {
    const { target, filter } = entry;
    entry.running = true;
    this.#running++;
    try {
      const scrape = await this.#options.fetch(target, filter, signal);
      this.#finished++;
      if (!entry.removed) this.#options.onScrape(entry.target, scrape);
    } catch (thrown) {
      if (!signal.aborted)
        this.#options.log.error({ err: toError(thrown), target: target.key }, 'scrape failed inside');
    } finally {
      entry.running = false;
      this.#running--;
      if (signal.aborted) this.#wake?.();
      else if (this.#waiting.length > 0) this.#startWaiting(this.#options.clock.mono(), signal);
    }
  }

  /** For the next start; an earlier alarm stands, and a later one finds nothing to do. */
  #setAlarm(signal: AbortSignal): void {
    const { clock } = this.#options;
    const now = clock.mono();
    const at = Math.max(now + tickMs, this.#due.next);
    if (this.#alarmAt <= at) return;
    this.#alarmAt = at;
    const ring = (): void => {
      if (this.#alarmAt === at) this.#alarmAt = Infinity;
      this.#wake?.();
    };
    // A timer that counts whole milliseconds is not to ring in the one before.
    void clock.sleep(Math.ceil(at - now), signal).then(ring, ring);
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
