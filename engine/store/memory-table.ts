/** What a service's scores go on from after a restart, in the history file. */
import type { Database } from 'better-sqlite3';

/** Characters; a longer text is written in parts: 13 MB at once (10,000 instances) would hold everything else up. */
const PART_LENGTH = 256 * 1024;
/** Of one character of a text, in UTF-8. */
const MOST_BYTES = 3;
const CLEAN_SLICE = 4;

const prepareAll = (database: Database) => ({
  put: database.prepare<[string, number, string]>('INSERT OR REPLACE INTO memory (service, at, body) VALUES (?, ?, ?)'),
  get: database.prepare<[string], { at: number; body: string }>('SELECT at, body FROM memory WHERE service = ?'),
  addPart: database.prepare<[string, number, number, Buffer]>(
    'INSERT OR REPLACE INTO memory_parts (service, at, part, body) VALUES (?, ?, ?, ?)',
  ),
  parts: database.prepare<[string, number], { body: Buffer }>(
    'SELECT body FROM memory_parts WHERE service = ? AND at = ? ORDER BY part',
  ),
  clean: database.prepare<[string, number, number]>(
    `DELETE FROM memory_parts WHERE id IN (SELECT id FROM memory_parts WHERE service = ? AND at <> ? LIMIT ?)`,
  ),
  forget: database.prepare<[number, number]>(
    'DELETE FROM memory WHERE service IN (SELECT service FROM memory WHERE at < ? LIMIT ?)',
  ),
  orphans: database.prepare<[number]>(
    `DELETE FROM memory_parts WHERE id IN (
       SELECT id FROM memory_parts WHERE service NOT IN (SELECT service FROM memory) LIMIT ?)`,
  ),
});

export interface Remembered {
  readonly at: number;
  /** A text, or what one comes to when put together; never one that ends within a character. */
  readonly texts: readonly string[];
}

interface Progress {
  readonly of: Remembered;
  /** What its parts are known by: newer than any before. */
  readonly at: number;
  /** The text that is being written, the characters of it that are, and the parts of all. */
  nth: number;
  written: number;
  parts: number;
}

/** Two halves of one character stay together: alone they are no text. */
const endOfPart = (text: string, from: number): number => {
  const until = Math.min(from + PART_LENGTH, text.length);
  const isHigh = (text.charCodeAt(until - 1) & 0xfc00) === 0xd800;
  return isHigh && until < text.length ? until - 1 : until;
};

/** Rows of `memory`, and of `memory_parts` for those with an empty body. Its methods may throw SqliteError. */
export class MemoryTable {
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly #progress = new Map<string, Progress>();
  /** The part that is being written: fifty buffers for one text would leave holes of as many megabytes. */
  #part: Buffer | null = null;

  constructor(database: Database) {
    this.#sql = prepareAll(database);
  }

  /**
   * Writes it, a large one a part at a time: to be called again, in later transactions too, until it is true. What was
   * there before counts until then.
   */
  write(service: string, remembered: Remembered, isTime: () => boolean): boolean {
    const [first = '', ...more] = remembered.texts;
    if (more.length === 0 && first.length <= PART_LENGTH) {
      this.#sql.put.run(service, remembered.at, first);
      return this.#clean(service, remembered.at, isTime);
    }
    const progress = this.#progressOf(service, remembered);
    for (let text = remembered.texts[progress.nth]; text !== undefined; text = remembered.texts[progress.nth]) {
      const until = endOfPart(text, progress.written);
      this.#sql.addPart.run(service, progress.at, progress.parts, this.#bytesOf(text.slice(progress.written, until)));
      progress.parts += 1;
      progress.written = until < text.length ? until : 0;
      if (until === text.length) progress.nth += 1;
      if (!isTime()) return false;
    }
    this.#sql.put.run(service, progress.at, '');
    if (!this.#clean(service, progress.at, isTime)) return false;
    this.#progress.delete(service);
    return true;
  }

  recall(service: string): string | null {
    const row = this.#sql.get.get(service);
    if (row === undefined || row.body !== '') return row?.body ?? null;
    return Buffer.concat(this.#sql.parts.all(service, row.at).map(({ body }) => body)).toString();
  }

  /** A transaction failed: what was begun is begun again. */
  reset(): void {
    this.#progress.clear();
  }

  /** Deletes what was last written before that time, a slice of it. False: there is nothing. */
  forget(before: number): boolean {
    return this.#sql.forget.run(before, CLEAN_SLICE).changes + this.#sql.orphans.run(CLEAN_SLICE).changes > 0;
  }

  /** Good until the next. */
  #bytesOf(text: string): Buffer {
    this.#part ??= Buffer.allocUnsafeSlow(PART_LENGTH * MOST_BYTES);
    return this.#part.subarray(0, this.#part.write(text));
  }

  #progressOf(service: string, of: Remembered): Progress {
    const known = this.#progress.get(service);
    if (known?.of === of) return known;
    const at = Math.max(of.at, (this.#sql.get.get(service)?.at ?? 0) + 1, (known?.at ?? 0) + 1);
    const fresh: Progress = { of, at, nth: 0, written: 0, parts: 0 };
    this.#progress.set(service, fresh);
    return fresh;
  }

  /** Parts of what is not true any more. False: the time is up, and there may be more. */
  #clean(service: string, at: number, isTime: () => boolean): boolean {
    while (this.#sql.clean.run(service, at, CLEAN_SLICE).changes > 0) if (!isTime()) return false;
    return true;
  }
}
