import type { Chunk } from './open-chunks.js';
import type { Remembered } from './memory-table.js';
import { LogRows } from './log-rows.js';
import type { Judged } from './point.js';
import type { Row } from './row.js';

/** What waits for the disk is bounded: beyond this the oldest is given up, and counted. */
const MAX_LOG_ENTRIES = 20_000;
const MAX_CHUNKS = 2_000;

/** How many of each a flush has written, from the first on; and of which services what they go on from. */
export interface Written {
  readonly log: number;
  readonly chunks: number;
  readonly memory: readonly (readonly [service: string, remembered: Remembered])[];
}

/** What the next flush is to write. Kept whole until a flush succeeded. */
export class Backlog {
  readonly log = new LogRows();
  chunks: Chunk[] = [];
  readonly policies = new Map<string, { readonly since: number; readonly body: string }>();
  readonly memory = new Map<string, Remembered>();
  /** Chunks given up since the start. The log alone is no loss: its points are in the open chunks. */
  lostChunks = 0;

  addLog(judged: Judged, row: Row): void {
    this.log.add(judged, row);
    if (this.log.length > 2 * MAX_LOG_ENTRIES) this.log.drop(this.log.length - MAX_LOG_ENTRIES);
  }

  addChunk(chunk: Chunk): void {
    this.chunks.push(chunk);
    if (this.chunks.length <= MAX_CHUNKS) return;
    this.chunks.shift();
    this.lostChunks += 1;
  }

  get isEmpty(): boolean {
    return this.log.length + this.chunks.length + this.policies.size + this.memory.size === 0;
  }

  /** The first of each are on disk, and all policies. */
  written({ log, chunks, memory }: Written): void {
    this.log.drop(log);
    this.chunks = this.chunks.slice(chunks);
    this.policies.clear();
    for (const [service, remembered] of memory)
      if (this.memory.get(service) === remembered) this.memory.delete(service);
  }
}
