import type { Chunk } from './open-chunks.js';
import { coarser, runOf, type AggregateRun } from './spread.js';
import type { SeriesRow } from './names.js';
import type { Tables } from './tables.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, type TierName } from './tiers.js';

/** How long each resolution is kept, and how large the file may grow. */
export interface HistoryLimits {
  readonly rawMs: number;
  readonly minuteMs: number;
  readonly hourMs: number;
  readonly maxBytes: number;
}

/** Rows that are deleted, and pages that are given back, in one go: a few milliseconds of work each. */
const SLICE = 100;
const PAGES = 128;
/** A part of the file as large as this is not left unused for long. */
const UNUSED_SHARE = 0.25;
const UNUSED_BYTES = 4 * 1024 * 1024;
/** How often is looked for names that no row needs; and how long a service is remembered that nobody scores. */
const FORGET_EVERY_MS = HOUR_MS;
const REMEMBERED_MS = 7 * DAY_MS;

/** What goes when the file is too large: the finest first, of that the oldest. Only then what is still of most use. */
const sacrifices = [
  { tier: 'raw', keepMs: 2 * HOUR_MS },
  { tier: 'minute', keepMs: DAY_MS },
  { tier: 'hour', keepMs: 7 * DAY_MS },
  { tier: 'raw', keepMs: 0 },
  { tier: 'minute', keepMs: 0 },
  { tier: 'hour', keepMs: 0 },
] as const;

interface Round {
  readonly start: number;
  /** Series up to this one are done. */
  readonly after: number;
}

export interface UpkeepOptions {
  readonly tables: Tables;
  readonly limits: HistoryLimits;
  /** Hashes of the policies that judge now. */
  readonly inForce: () => ReadonlySet<string>;
  /** Milliseconds of a clock that never jumps. */
  readonly mono: () => number;
  readonly damaged: (error: unknown) => void;
}

/**
 * What becomes of history as it grows old: minutes are made of raw chunks once their hour is over, hours of minutes once
 * their day is, then the finer goes when its time is up, or when the file is too large. In small slices; a round that was
 * interrupted is done again, which changes nothing. Its methods may throw SqliteError.
 */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #rounds = new Map<TierName, Round>();
  /** When nothing was left to forget. */
  #forgotAt = -Infinity;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  /**
   * Works until `deadline` on the monotonic clock, or until nothing is left to do. `sealed`: every evaluation before that
   * time is in a chunk on disk.
   */
  work(now: number, sealed: number, deadline: number): void {
    const { tables, mono } = this.#options;
    const isTime = (): boolean => mono() < deadline;
    tables.transaction(() => {
      while (isTime() && this.#roll('minute', sealed, isTime));
      const until = tables.tier('minute').until;
      while (isTime() && until !== null && this.#roll('hour', until, isTime));
      while (isTime() && this.#expire(now));
      while (isTime() && this.#isTooLarge() && this.#sacrifice(now));
      while (isTime() && now - this.#forgotAt >= FORGET_EVERY_MS && this.#forget(now));
    });
    while (isTime() && this.#isLoose()) tables.shrink(PAGES);
  }

  /** One round: all series of one hour (or day). False: it is not over yet, or the time is up. */
  #roll(name: TierName, sealed: number, isTime: () => boolean): boolean {
    const { tables } = this.#options;
    const tier = tables.tier(name);
    const round = this.#rounds.get(name) ?? this.#nextRound(name);
    if (round === null || round.start + tier.rowMs > sealed) return false;
    let { after } = round;
    while (isTime()) {
      const series = tables.names.seriesAfter(after);
      if (series === null) {
        tier.advance(round.start + tier.rowMs);
        this.#rounds.delete(name);
        return true;
      }
      for (const run of this.#runs(name, series, round.start)) tables.put(name, series, round.start, run);
      after = series.id;
    }
    this.#rounds.set(name, { ...round, after });
    return false;
  }

  /** Where it goes on; null: nothing is there to begin with. */
  #nextRound(name: TierName): Round | null {
    const { tables } = this.#options;
    const { until, rowMs } = tables.tier(name);
    const source = name === 'minute' ? tables.oldestChunk() : tables.tier('minute').oldest();
    if (source === null) return until === null ? null : { start: until, after: 0 };
    // After a pause of days nothing is looked for where nothing is.
    return { start: Math.max(until ?? 0, Math.floor(source / rowMs) * rowMs), after: 0 };
  }

  #runs(name: TierName, series: SeriesRow, start: number): readonly AggregateRun[] {
    const { tables, damaged } = this.#options;
    if (name === 'hour')
      return coarser([...tables.tier('minute').read(series.id, series, start, start + DAY_MS, damaged)], HOUR_MS);
    const isWithin = ({ at }: { readonly at: number }): boolean => at >= start && at < start + HOUR_MS;
    const chunks = [...tables.readChunks(series, start, start + HOUR_MS, damaged)];
    return coarser(
      chunks.map((chunk: Chunk) => runOf({ ...chunk, points: chunk.points.filter(isWithin) })),
      MINUTE_MS,
    );
  }

  /** Deletes a slice of what is too old and stands in the next tier already. False: nothing was. */
  #expire(now: number): boolean {
    const { tables, limits } = this.#options;
    const [minutes, hours] = [tables.tier('minute'), tables.tier('hour')];
    const raw = tables.dropChunks(Math.min(now - limits.rawMs, minutes.until ?? 0), SLICE);
    const minute = minutes.drop(Math.min(now - limits.minuteMs, hours.until ?? 0), SLICE);
    return raw + minute + hours.drop(now - limits.hourMs, SLICE) > 0;
  }

  /** Deletes a slice of the instances, policies and services of which nothing is kept any more. False: there was none. */
  #forget(now: number): boolean {
    const { tables, inForce } = this.#options;
    const names = tables.names.forget(tables.oldest() ?? now, inForce());
    const memory = tables.memory.forget(now - REMEMBERED_MS);
    if (names || memory) return true;
    this.#forgotAt = now;
    return false;
  }

  #isTooLarge(): boolean {
    const { file, free } = this.#options.tables.size();
    return file - free > this.#options.limits.maxBytes;
  }

  #isLoose(): boolean {
    const { file, free } = this.#options.tables.size();
    const isTooLarge = file > this.#options.limits.maxBytes;
    return free > 0 && (isTooLarge || (free > UNUSED_BYTES && free > UNUSED_SHARE * file));
  }

  #sacrifice(now: number): boolean {
    const { tables } = this.#options;
    return sacrifices.some(({ tier, keepMs }) => {
      const before = now - keepMs;
      return (tier === 'raw' ? tables.dropChunks(before, SLICE) : tables.tier(tier).drop(before, SLICE)) > 0;
    });
  }
}
