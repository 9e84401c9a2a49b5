import type { Clock } from '../../lib/clock.js';
import type { Log } from '../../lib/log.js';
import type { openDatabase } from '../../lib/sqlite.js';
import { Backlog, type Written } from './backlog.js';
import { allMetrics, noMetrics } from './codec.js';
import { HistoryFile } from './file.js';
import { Past, type History, type HistoryRange, type Moment } from './history.js';
import type { Remembered } from './memory-table.js';
import { OpenChunks, type Chunk } from './open-chunks.js';
import type { Evaluated, JudgedMetric } from './point.js';
import { rowOf, rowOfPoint } from './row.js';
import type { Tables } from './tables.js';
import { Upkeep, type HistoryLimits } from './upkeep.js';

/** A flush, and the upkeep after it, stop after so long: between two of them the engine does its real work. */
const FLUSH_MS = 15;
const UPKEEP_MS = 15;
/** Looked at between as many rows. */
const BATCH = 100;
const TRIM_SLICE = 200;

export interface StoreOptions {
  readonly path: string;
  readonly limits: HistoryLimits;
  readonly clock: Clock;
  readonly log: Log;
  /** How the file is opened, where not as every database of ours. */
  readonly open?: typeof openDatabase;
}

/**
 * The engine's history and what must survive a restart, in one SQLite file (see {@link HistoryFile} for what becomes of a bad
 * one). Nothing here throws for a bad disk: scoring goes on, what could not be written waits (bounded) for the next flush.
 *
 * Every evaluation is kept in packed chunks of five minutes for a day, then as minutes, then as hours ({@link Upkeep}).
 * docs/performance.md has what it costs.
 */
export class HistoryStore {
  readonly #options: StoreOptions;
  readonly #open = new OpenChunks();
  readonly #backlog = new Backlog();
  /** All that were recorded: a new file gets them again. */
  readonly #policies = new Map<string, { readonly since: number; readonly body: string }>();
  readonly #file: HistoryFile;
  #upkeep: Upkeep | null = null;
  #recovered = false;
  #closed = false;

  constructor(options: StoreOptions) {
    this.#options = options;
    const { path, clock, log, open } = options;
    this.#file = new HistoryFile({
      ...{ path, clock, log, ...(open && { open }) },
      onOpen: (tables, damaged) => this.#opened(tables, damaged),
    });
  }

  /** Why history is not being written now, or where it is, as a sentence; null: all is well. */
  get problem(): string | null {
    return this.#file.problem;
  }

  /** Failed accesses, chunks given up, and files given up for a new one, since the start. */
  get counts(): { readonly errors: number; readonly lostChunks: number; readonly replaced: number } {
    return { ...this.#file.counts, lostChunks: this.#backlog.lostChunks };
  }

  /** Keeps one evaluation. In memory until the next {@link flush}. */
  record(score: Evaluated, metrics: readonly JudgedMetric[]): void {
    const row = rowOf(score, metrics);
    const { judged, closed } = this.#open.record(score, metrics, row);
    if (closed) this.#backlog.addChunk(closed);
    this.#backlog.addLog(judged, row);
  }

  /** Keeps what a policy hash stands for. */
  recordPolicy(hash: string, policy: unknown): void {
    const record = { since: this.#options.clock.now(), body: JSON.stringify(policy) };
    this.#policies.set(hash, record);
    this.#backlog.policies.set(hash, record);
  }

  /** Keeps the state that a service's scores go on from after a restart. Any JSON. */
  remember(service: string, state: unknown): void {
    this.rememberTexts(service, [JSON.stringify(state)]);
  }

  /** The same, written already: these texts one after the other. */
  rememberTexts(service: string, texts: readonly string[]): void {
    this.#backlog.memory.set(service, { at: this.#options.clock.now(), texts });
  }

  /** What was last remembered; null: nothing, or nothing readable. Hostile until validated. */
  recall(service: string): unknown {
    const waiting = this.#backlog.memory.get(service)?.texts.join('');
    return this.#parsed(waiting ?? this.#file.use('read', (tables) => tables.memory.recall(service)));
  }

  /** What a hash stands for; null: not known. Hostile until validated. */
  policy(hash: string): unknown {
    return this.#parsed(
      this.#policies.get(hash)?.body ?? this.#file.use('read', (tables) => tables.names.policy(hash)),
    );
  }

  /** Every evaluation known of an instance from `from` to `to`, both included, oldest first; a part per policy or chunk. */
  read(service: string, instance: string, from: number, to: number, metrics: 'all' | 'none' = 'all'): readonly Chunk[] {
    const wanted = metrics === 'all' ? allMetrics : noMetrics;
    return this.#past(service, instance, (past) => past.chunks(from, to, () => wanted));
  }

  /** A range by steps, each part of it as fine as the step asks for and history still has. */
  history(range: HistoryRange): History {
    return this.#past(range.service, range.instance, (past) => past.range(range));
  }

  /** How an instance was at a time, by its last evaluation of at most `speaksMs` before; null: nothing is known. */
  at(service: string, instance: string, time: number, speaksMs = 60_000): Moment | null {
    return this.#past(service, instance, (past) => past.at(time, speaksMs));
  }

  /** From the first to the last evaluation known of an instance; null: none. */
  span(service: string, instance: string): { readonly first: number; readonly last: number } | null {
    return this.#past(service, instance, (past) => past.span());
  }

  /** Names of all instances of a service that anything is kept of. */
  instances(service: string): readonly string[] {
    const stored = this.#file.use('read', (tables) => tables.names.seriesOf(service)) ?? [];
    return [...new Set([...stored.map(({ instance }) => instance), ...this.#open.instances(service)])];
  }

  /** Writes what has come since the last time, for a few milliseconds. True: more is waiting. */
  flush(): boolean {
    const now = this.#options.clock.now();
    for (const chunk of this.#open.takeDue(now)) this.#backlog.addChunk(chunk);
    const isTime = this.#timer(FLUSH_MS);
    const done = this.#file.use('write', (tables) => this.#write(tables, now, isTime));
    if (done === null) return false;
    this.#backlog.written(done);
    this.#file.well();
    return done.more || !this.#backlog.isEmpty;
  }

  /** Makes the coarser of the finer, and room, for a few milliseconds. */
  tidy(): void {
    if (!this.#backlog.isEmpty) return;
    const { clock } = this.#options;
    const now = clock.now();
    this.#file.use('write', () => {
      this.#upkeep?.work(now, this.#open.oldest() ?? now, clock.mono() + UPKEEP_MS);
    });
  }

  /** Writes all that waits. */
  close(): void {
    if (this.#closed) return;
    while (this.flush());
    this.#closed = true;
    this.#file.close();
  }

  /** A slice in one transaction; what it wrote. `more`: the log has rows that are not needed any more. */
  #write(tables: Tables, now: number, isTime: () => boolean): Written & { readonly more: boolean } {
    const { log, chunks, policies, memory } = this.#backlog;
    const saved: [string, Remembered][] = [];
    const done = { log: 0, chunks: 0, memory: saved, more: false };
    tables.transaction(() => {
      for (const [hash, { since, body }] of policies) tables.names.addPolicy(hash, since, body);
      for (const [service, remembered] of memory) {
        if (saved.length > 0 && !isTime()) return;
        if (!tables.memory.write(service, remembered, isTime)) return;
        saved.push([service, remembered]);
      }
      for (const entry of log.entries()) {
        if (done.log % BATCH === 0 && done.log > 0 && !isTime()) return;
        tables.appendLog(entry);
        done.log += 1;
      }
      for (const chunk of chunks) {
        if (done.chunks > 0 && !isTime()) return;
        tables.addChunk(chunk);
        done.chunks += 1;
      }
      const sealed = this.#open.oldest() ?? now;
      do done.more = tables.trimLog(sealed, TRIM_SLICE) === TRIM_SLICE;
      while (done.more && isTime());
    });
    return done;
  }

  #timer(ms: number): () => boolean {
    const { clock } = this.#options;
    const until = clock.mono() + ms;
    return () => clock.mono() < until;
  }

  #past<T>(service: string, instance: string, ask: (past: Past) => T): T {
    const damaged = (error: unknown): void => this.#file.failed('read', error);
    const pending = (): readonly Chunk[] => this.#pending(service, instance);
    const stored = this.#file.use('read', (tables) => ({
      answer: ask(new Past({ tables, pending, damaged }, service, instance)),
    }));
    // Without a file there is still what memory holds.
    return (stored ?? { answer: ask(new Past({ tables: null, pending, damaged }, service, instance)) }).answer;
  }

  #pending(service: string, instance: string): readonly Chunk[] {
    const open = this.#open.get(service, instance);
    const waiting = this.#backlog.chunks.filter(
      ({ judged }) => judged.service === service && judged.instance === instance,
    );
    return [...waiting, ...(open ? [open] : [])];
  }

  #parsed(body: string | null): unknown {
    if (body === null) return null;
    try {
      return JSON.parse(body);
    } catch (error) {
      this.#file.failed('read', error);
      return null;
    }
  }

  #opened(tables: Tables, damaged: (error: unknown) => void): void {
    const { limits, clock } = this.#options;
    for (const [hash, record] of this.#policies) this.#backlog.policies.set(hash, record);
    if (!this.#recovered) this.#recover(tables, damaged);
    this.#recovered = true;
    const inForce = (): ReadonlySet<string> => new Set(this.#policies.keys());
    this.#upkeep = new Upkeep({ tables, limits, inForce, mono: () => clock.mono(), damaged });
  }

  /** Puts what the last run had logged and not sealed back into the open chunks; what came since then stays after it. */
  #recover(tables: Tables, damaged: (error: unknown) => void): void {
    const before = new OpenChunks();
    for (const { judged, point } of tables.readLog(damaged)) {
      const closed = before.add(judged, rowOfPoint(point));
      if (closed) this.#backlog.addChunk(closed);
    }
    for (const chunk of before.takeAll()) if (!this.#open.adopt(chunk)) this.#backlog.addChunk(chunk);
  }
}
