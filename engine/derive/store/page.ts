import type { Slabs } from '../../../lib/slab.js';
import type { PageKind, Sample, ScrapeOutcome, TargetKey } from '../../model.js';
import type { Selector } from '../promql/selector.js';
import { Block } from './block.js';
import { carryOver } from './carry.js';
import { isWide, noteWidth } from './cells.js';
import { increaseIn } from './increase.js';
import type { Interning, NameSets } from './interning.js';
import type { Retention } from './retention.js';

/** What all windows of a store share. */
export interface Shared {
  readonly interning: Interning;
  readonly names: NameSets;
  /** Where their numbers stand. */
  readonly slabs: Slabs;
}

const noNames: ReadonlySet<string> = new Set();
const noBlocks: readonly Block[] = [];

/** Rows before the range: the baseline, and one for a scrape that came a little early. */
const spareRows = 3;

export interface Attempt {
  readonly at: number;
  readonly kind: ScrapeOutcome['kind'];
}

/** One page as one instance sees it: its samples lately, and what is remembered of it beyond them. */
export class PageWindow {
  blocks = noBlocks;
  /** Names of wanted metrics that it ever showed. */
  exposed: ReadonlySet<string> = noNames;
  /** Sum of the increases of the service's request counter since first seen. */
  completed = 0;
  #baseline: { readonly sinceMs: number; readonly completed: number } | null = null;
  /** By text: since when the series of a selector are read, where that is not all along; Infinity: not yet. */
  #since: Map<string, number> | null = null;
  // NaN: never. Fields that only ever hold numbers are written over; an object for each scrape would live until the next one.
  #firstGoodAt = NaN;
  #lastGoodAt = NaN;
  #triedAt = NaN;
  #ended: ScrapeOutcome['kind'] = 'lost';

  constructor(
    readonly key: TargetKey,
    readonly url: string,
    readonly level: PageKind,
    readonly intervalMs: number,
    private retention: Retention,
    /** The counter of requests, where this service has one on this level. */
    private requests: Selector | null,
  ) {}

  get firstGoodAt(): number | null {
    return Number.isNaN(this.#firstGoodAt) ? null : this.#firstGoodAt;
  }

  get lastGoodAt(): number | null {
    return Number.isNaN(this.#lastGoodAt) ? null : this.#lastGoodAt;
  }

  /** The last scrape; null: there was none. */
  get last(): Attempt | null {
    return Number.isNaN(this.#triedAt) ? null : { at: this.#triedAt, kind: this.#ended };
  }

  /** Every series that is asked for was read from the first row on. */
  get settled(): boolean {
    return this.#since === null;
  }

  /** Since when the samples of a selector are whole; -Infinity: all along, Infinity: the page was not read since. */
  knownSince({ text }: Selector): number {
    return this.#since?.get(text) ?? -Infinity;
  }

  /** Goes on under other queries, of which those with the texts `fresh` were not asked before: what is still asked for stays. */
  adopt(retention: Retention, requests: Selector | null, fresh: readonly string[], { slabs }: Shared): void {
    if (requests?.text !== this.requests?.text) {
      this.completed = 0;
      this.#baseline = null;
    }
    this.requests = requests;
    this.retention = retention;
    if (this.blocks.length > 0)
      this.blocks = carryOver(this.blocks, this.#shapes(), (each) => retention.blockOf(each), slabs);
    if (fresh.length === 0) return;
    this.#since = new Map([...(this.#since ?? []), ...fresh.map((text) => [text, Infinity] as const)]);
  }

  fail(at: number, kind: ScrapeOutcome['kind']): void {
    this.#note(at, kind);
  }

  /** Gives its samples, and their room, up. */
  release(): void {
    for (const block of this.blocks) block.release();
    this.blocks = noBlocks;
  }

  /** `early`: read with the filter of the queries from before {@link adopt}. */
  apply(at: number, samples: readonly Sample[], shared: Shared, early = false): void {
    // The wall clock was set back: times no longer compare, the windows start anew.
    if (at <= this.#lastGoodAt) this.release();
    if (this.blocks.length === 0) this.blocks = this.#createBlocks(samples, shared);
    // Series that were not read before are no newborn ones.
    const follows = this.#ended === 'page' && (early || !this.#settle(at));
    for (const block of this.blocks) block.begin(at, follows);
    for (const sample of samples) this.#put(sample, shared);
    for (const block of this.blocks) block.end();
    if (this.firstGoodAt === null) this.#firstGoodAt = at;
    this.#lastGoodAt = at;
    this.#note(at, 'page');
    if (this.requests) for (const block of this.blocks) this.completed += increaseIn(block, this.requests, 1).increase;
  }

  /** Requests completed since `sinceMs`, or since the page was first read if that is later. */
  requestsSince(sinceMs: number): number {
    if (this.#baseline?.sinceMs !== sinceMs) {
      // Kept, because the rows around the mark will have left the window before the mark has lost its meaning.
      this.#baseline = { sinceMs, completed: this.completed - this.#increaseSince(sinceMs) };
    }
    return this.completed - this.#baseline.completed;
  }

  #note(at: number, kind: ScrapeOutcome['kind']): void {
    this.#triedAt = at;
    this.#ended = kind;
  }

  #increaseSince(sinceMs: number): number {
    const { requests } = this;
    if (!requests) return 0;
    if (this.firstGoodAt !== null && this.firstGoodAt >= sinceMs) return this.completed;
    let increase = 0;
    for (const block of this.blocks) increase += increaseIn(block, requests, ageAtOrBefore(block, sinceMs)).increase;
    return increase;
  }

  #put({ name, labels, value, timestampMs }: Sample, shared: Shared): void {
    const series = shared.interning.of(name, labels);
    const [first] = this.blocks;
    // Nearly always: the same series as on the page before, of whom all is known.
    if (first?.isNext(series)) return first.put(series, value, timestampMs);
    const index = this.retention.blockOf(series);
    if (index === undefined) return;
    this.blocks[index]?.put(series, value, timestampMs);
    if (!this.exposed.has(name)) this.exposed = shared.names.with(this.exposed, name);
  }

  /** The first row of queries that are new is their beginning. True: it was one. */
  #settle(at: number): boolean {
    if (this.#since === null) return false;
    const isFirst = [...this.#since.values()].includes(Infinity);
    for (const [text, since] of this.#since) if (since === Infinity) this.#since.set(text, at);
    const reachMs = Math.max(0, ...this.retention.windowsMs) + spareRows * this.intervalMs;
    if (at - Math.max(...this.#since.values()) > reachMs) this.#since = null;
    return isFirst;
  }

  #shapes(): { readonly rows: number }[] {
    return this.retention.windowsMs.map((windowMs) => ({ rows: Math.ceil(windowMs / this.intervalMs) + spareRows }));
  }

  #createBlocks(samples: readonly Sample[], { interning, slabs }: Shared): Block[] {
    const rooms = this.#shapes().map(({ rows }) => ({ rows, series: 0, wides: 0 }));
    for (const { name, labels, value } of samples) {
      const series = interning.of(name, labels);
      const room = rooms[this.retention.blockOf(series) ?? -1];
      if (room === undefined) continue;
      noteWidth(series, value);
      room.series += 1;
      if (isWide(series)) room.wides += 1;
    }
    return rooms.map(({ rows, series, wides }) => new Block(slabs, rows, series, wides));
  }
}

/** Age of the last row at or before `atMs`; the oldest row where there is none. */
export const ageAtOrBefore = (block: Block, atMs: number): number => {
  let age = 0;
  while (age < block.count - 1 && block.timeAt(age) > atMs) age++;
  return age;
};
