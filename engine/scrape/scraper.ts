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

/** Starts closer together than this share a wake-up of the loop, which is never before the due time. */
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
    while (!signal.aborted) {
      this.#startDue(signal);
      await this.#sleep(signal);
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
      this.#due.push({ at: at + intervalMs, item: due.item });
      if (due.item.running) this.#skipped++;
      else this.#waiting.push({ entry: due.item, at });
    }
    this.#startWaiting(now, signal);
  }

  #startWaiting(now: number, signal: AbortSignal): void {
    const { concurrency } = this.#options;
    let taken = 0;
    for (const { entry, at } of this.#waiting) {
      if (this.#running >= concurrency) break;
      taken++;
      if (entry.removed) continue;
      if (entry.running || now - at >= entry.target.intervalMs) this.#skipped++;
      else void this.#scrape(entry, signal);
    }
    this.#waiting.splice(0, taken);
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
      if (this.#waiting.length > 0 || signal.aborted) this.#wake?.();
    }
  }

  /** Until the next start is due, or something woke the loop. */
  async #sleep(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const over = new AbortController();
    const ended = new Promise<void>((resolve) =>
      over.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    const end = (): void => over.abort();
    signal.addEventListener('abort', end, { once: true });
    const ms = Math.max(tickMs, this.#due.next - clock.mono());
    const slept = this.#due.size === 0 ? ended : clock.sleep(ms, over.signal).catch(() => undefined);
    const isEarly = await Promise.race([
      slept.then(() => false),
      this.#woken().then(() => true),
      ended.then(() => true),
    ]);
    signal.removeEventListener('abort', end);
    // Nothing is left to be ended where the time was slept through: that is hundreds of times a second, and aborting dear.
    if (isEarly) end();
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
