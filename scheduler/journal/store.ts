import type { Database } from '../../lib/sqlite.js';
import { type Action, actionSchema, type JournalEntry, journalEntrySchema } from '../client/index.js';
import { z } from 'zod';

/** Append-only: the database itself refuses to change or delete a line. `actions` holds the last state of each action. */
export const migrations: readonly string[] = [
  `CREATE TABLE journal (
     seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, service TEXT, instance TEXT, action TEXT,
     code TEXT, text TEXT NOT NULL, token INTEGER, data TEXT NOT NULL
   ) STRICT;
   CREATE INDEX journal_by_instance ON journal (service, instance, seq);
   CREATE TRIGGER journal_is_append_only BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
   CREATE TRIGGER journal_keeps_all BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
   CREATE TABLE actions (id TEXT PRIMARY KEY, service TEXT NOT NULL, at INTEGER NOT NULL, action TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE INDEX actions_by_time ON actions (at);`,
];

export type NewEntry = Omit<JournalEntry, 'seq'>;

export interface JournalFilter {
  readonly service?: string;
  readonly instance?: string;
  readonly action?: string;
  /** Only lines after this sequence number. */
  readonly after?: number;
  /** At most this many, the newest. */
  readonly limit: number;
}

const rowSchema = z.object({
  seq: z.number(),
  at: z.number(),
  kind: z.string(),
  service: z.string().nullable(),
  instance: z.string().nullable(),
  action: z.string().nullable(),
  code: z.string().nullable(),
  text: z.string(),
  token: z.number().nullable(),
  data: z.string(),
});

const fromRow = (row: unknown): JournalEntry => {
  const { data, at, ...rest } = rowSchema.parse(row);
  return journalEntrySchema.decode({
    ...rest,
    at: new Date(at).toISOString(),
    data: JSON.parse(data) as unknown,
  } as never);
};

const toAction = (row: unknown): Action =>
  actionSchema.decode(JSON.parse(z.object({ action: z.string() }).parse(row).action) as never);

/** SQL access to the journal; every call may throw what SQLite throws (a full disk, a lock). */
export class JournalStore {
  constructor(private readonly db: Database) {}

  /** All or nothing: the lines in order, and the actions as they are now. */
  append(entries: readonly NewEntry[], actions: readonly Action[] = []): void {
    const insert = this.db.prepare(
      'INSERT INTO journal (at, kind, service, instance, action, code, text, token, data) VALUES (?,?,?,?,?,?,?,?,?)',
    );
    this.db.transaction(() => {
      for (const e of entries)
        insert.run(e.at, e.kind, e.service, e.instance, e.action, e.code, e.text, e.token, JSON.stringify(e.data));
      for (const action of actions) this.putAction(action);
    })();
  }

  /** Oldest first. */
  read({ service, instance, action, after, limit }: JournalFilter): JournalEntry[] {
    const conditions: string[] = [];
    const values: (string | number)[] = [];
    const where = (sql: string, value: string | number | undefined): void => {
      if (value === undefined) return;
      conditions.push(sql);
      values.push(value);
    };
    where('service = ?', service);
    where('instance = ?', instance);
    where('action = ?', action);
    where('seq > ?', after);
    const filter = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    const order = after === undefined ? 'DESC' : 'ASC';
    const rows = this.db.prepare(`SELECT * FROM journal ${filter} ORDER BY seq ${order} LIMIT ?`).all(...values, limit);
    const entries = rows.map(fromRow);
    return after === undefined ? entries.reverse() : entries;
  }

  private putAction(action: Action): void {
    const text = JSON.stringify(actionSchema.encode(action));
    this.db
      .prepare(
        'INSERT INTO actions (id, service, at, action) VALUES (?,?,?,?) ON CONFLICT (id) DO UPDATE SET at = excluded.at, action = excluded.action',
      )
      .run(action.id, action.service, action.phaseAt, text);
  }

  /** As it was recorded last; null: never. */
  action(id: string): Action | null {
    const row = this.db.prepare('SELECT action FROM actions WHERE id = ?').get(id);
    return row === undefined ? null : toAction(row);
  }

  /** Newest first. */
  actions(limit: number): Action[] {
    const rows = this.db.prepare('SELECT action FROM actions ORDER BY at DESC LIMIT ?').all(limit);
    return rows.map(toAction);
  }

  /** Those that people ordered or approved. */
  wanted(): Action[] {
    const asked = "json_extract(action, '$.by.kind') = 'human' OR json_extract(action, '$.approval') IS NOT NULL";
    return this.db.prepare(`SELECT action FROM actions WHERE ${asked} ORDER BY at`).all().map(toAction);
  }

  bytes(): number {
    const pragma = (name: string): number => Number(this.db.pragma(name, { simple: true }));
    return pragma('page_count') * pragma('page_size');
  }

  lastSeq(): number {
    return (
      z.object({ seq: z.number().nullable() }).parse(this.db.prepare('SELECT MAX(seq) AS seq FROM journal').get())
        .seq ?? 0
    );
  }
}
