import { setImmediate } from 'node:timers/promises';
import { messageOf } from '../../lib/errors.js';
import type { Log } from '../../lib/log.js';
import type { Action, JournalEntry, JournalReport } from '../client/index.js';
import type { JournalFilter, JournalStore, NewEntry } from './store.js';
import { lostLines, takenOver } from './lines.js';
import { Verification, type Known } from './verify.js';

export type { JournalFilter, NewEntry } from './store.js';

export interface JournalSize {
  readonly lines: number;
  readonly bytes: number;
  readonly waiting: number;
}

const pageLines = 1_000;

/** Lines that wait while the disk is full or the database locked. More than this, and the oldest are counted as lost. */
const maxWaiting = 10_000;

/**
 * What happened, for people: each act and each refusal with its numbers. Writing never throws and never stops the loop:
 * what cannot be written waits in memory, in order, and `trouble()` says so until it is on the disk.
 */
export class Journal {
  private readonly waiting: NewEntry[] = [];
  private readonly waitingActions = new Map<string, Action>();
  private lost = 0;
  private failure: string | null = null;

  constructor(
    private readonly store: JournalStore,
    private readonly log: Log,
  ) {}

  /** Lines, and the actions that they tell of as they are now: both are on the disk, or neither is. */
  write(entries: readonly NewEntry[], actions: readonly Action[] = []): void {
    this.waiting.push(...entries);
    for (const action of actions) this.waitingActions.set(action.id, action);
    this.flush();
  }

  /**
   * A new leader found these in the ledger. What is not known here in that phase was written by another, or by this one
   * just before it died: it is recorded and told, what has ended too: whoever ended it may have died before it could tell.
   */
  takeOver(actions: readonly Action[], token: number | null, at: number): void {
    const lines: NewEntry[] = [];
    const news: Action[] = [];
    for (const action of actions) {
      const known = this.known(action.id);
      if (known?.phase === action.phase && known.phaseAt === action.phaseAt) continue;
      news.push(action);
      lines.push(takenOver(action, token, at));
    }
    this.write(lines, news);
  }

  /** Lines read from the disk, then those that still wait. */
  read(filter: JournalFilter): JournalEntry[] {
    this.flush();
    return this.store.read(filter);
  }

  actions(limit: number): Action[] {
    return this.store.actions(limit);
  }

  /** Whether it is whole, page by page, so that nobody else waits for long. `known` is asked when all lines were read. */
  async verify(known: () => Known): Promise<JournalReport> {
    this.flush();
    const verification = new Verification();
    for (let after = 0; ;) {
      const page = this.store.read({ after, limit: pageLines });
      for (const entry of page) verification.add('journal', entry);
      if (page.length < pageLines) break;
      after = page.at(-1)?.seq ?? after;
      await setImmediate();
    }
    return verification.report(known(), this.store.wanted());
  }

  lastSeq(): number {
    return this.store.lastSeq();
  }

  /** Null: it cannot be read now. */
  size(): JournalSize | null {
    try {
      return { lines: this.store.lastSeq(), bytes: this.store.bytes(), waiting: this.waiting.length };
    } catch {
      return null;
    }
  }

  /** Null, or what is wrong and what to do. */
  trouble(): string | null {
    if (this.failure === null) return null;
    const lost = this.lost > 0 ? `, ${this.lost} lost` : '';
    return `the journal cannot be written (${this.failure}); ${this.waiting.length} lines wait in memory${lost}: free disk space or mend the data folder`;
  }

  private known(id: string): Action | null {
    try {
      return this.waitingActions.get(id) ?? this.store.action(id);
    } catch {
      return null;
    }
  }

  private flush(): void {
    if (this.waiting.length === 0 && this.waitingActions.size === 0) return;
    try {
      const confessed = this.lost > 0 ? [lostLines(this.lost, this.waiting[0]?.at ?? 0)] : [];
      this.store.append([...confessed, ...this.waiting], [...this.waitingActions.values()]);
      this.lost = 0;
      this.waiting.length = 0;
      this.waitingActions.clear();
      if (this.failure !== null) this.log.info('the journal can be written again');
      this.failure = null;
    } catch (error) {
      if (this.failure === null)
        this.log.error({ err: messageOf(error) }, 'the journal cannot be written; lines wait in memory');
      this.failure = messageOf(error);
      const over = this.waiting.length - maxWaiting;
      if (over > 0) {
        this.waiting.splice(0, over);
        this.lost += over;
      }
    }
  }
}
