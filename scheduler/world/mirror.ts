import type { z } from 'zod';
import type { ConsulAccess } from '../../lib/consul/index.js';
import { messageOf } from '../../lib/errors.js';
import type { Log } from '../../lib/log.js';

export type Mirrored<T> =
  | { readonly kind: 'absent' }
  | { readonly kind: 'value'; readonly value: T; readonly modifyIndex: number }
  /** Somebody wrote what we cannot read: never taken for absent. */
  | { readonly kind: 'bad'; readonly why: string; readonly modifyIndex: number };

interface KvValue {
  readonly key: string;
  readonly value: string;
  readonly modifyIndex: number;
}

/**
 * A validated copy of what lies under one KV prefix, kept fresh by a blocking query. Writes are compare-and-set against
 * the copy, so that a write on old knowledge fails instead of overwriting.
 */
export class KvMirror<S extends z.ZodType> {
  private entries: ReadonlyMap<string, Mirrored<z.output<S>>> | null = null;
  private failure: string | null = 'not read yet';
  /** Of the watch's last answer. */
  private index = 0;

  constructor(
    private readonly consul: ConsulAccess,
    private readonly prefix: string,
    private readonly schema: S,
    private readonly log: Log,
    private readonly onChange: () => void,
  ) {}

  /** False until the first answer: nothing received is not the same as nothing there. */
  get ready(): boolean {
    return this.entries !== null;
  }

  /** Null, or why it cannot be read; what one key holds that should not be there holds back as much as silence. */
  trouble(): string | null {
    if (this.failure !== null) return `${this.prefix}: ${this.failure}`;
    const bad = [...this.all().values()].flatMap((entry) => (entry.kind === 'bad' ? [entry.why] : []));
    return bad.length === 0 ? null : `does not hold what it should, mend or delete it: ${bad.slice(0, 3).join('; ')}`;
  }

  get(name: string): Mirrored<z.output<S>> {
    return this.entries?.get(name) ?? { kind: 'absent' };
  }

  all(): ReadonlyMap<string, Mirrored<z.output<S>>> {
    return this.entries ?? new Map<string, Mirrored<z.output<S>>>();
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.consul.watchKv(this.prefix, signal, (event) => {
      if (event.kind === 'error') {
        this.failure = event.why;
        return;
      }
      this.failure = null;
      // An index that fell is another history (a restore, a new agent): what we knew of the old one counts no more.
      if (event.index < this.index) this.entries = null;
      this.index = event.index;
      const told = this.named(event.value, (value) => this.newer(value));
      this.entries = new Map([...this.since(event.index), ...told]);
      this.onChange();
    });
  }

  /** Reads everything anew, as a quorum confirms it; rejects when there is none. */
  async refresh(): Promise<void> {
    const values = await this.consul.kv.list(this.prefix, { consistent: true });
    this.entries = this.named(values, (value) => this.read(value));
    this.failure = null;
  }

  /** Reads one key anew, as a quorum confirms it; rejects when there is none. */
  async look(name: string): Promise<Mirrored<z.output<S>>> {
    const found = await this.consul.kv.getConsistent(this.prefix + name);
    const now: Mirrored<z.output<S>> = found ? this.newer(found) : { kind: 'absent' };
    // One key does not make the copy whole: before the first answer it stays unread.
    if (this.entries === null) return now;
    const entries = new Map(this.entries);
    if (now.kind === 'absent') entries.delete(name);
    else entries.set(name, now);
    this.entries = entries;
    return now;
  }

  /**
   * Compare-and-set against `known`, by default the copy as it is now: whoever decided on an older one hands that in.
   * False: somebody wrote in between; the copy was read anew.
   */
  async put(name: string, value: z.output<S>, known: Mirrored<z.output<S>> = this.get(name)): Promise<boolean> {
    const cas = known.kind === 'absent' ? 0 : known.modifyIndex;
    const written = await this.consul.kv.put(this.prefix + name, JSON.stringify(this.schema.encode(value)), { cas });
    await this.look(name);
    return written;
  }

  async delete(name: string): Promise<boolean> {
    const known = this.get(name);
    if (known.kind === 'absent') return false;
    const deleted = await this.consul.kv.delete(this.prefix + name, known.modifyIndex);
    await this.look(name);
    return deleted;
  }

  private named(
    values: readonly KvValue[],
    read: (value: KvValue) => Mirrored<z.output<S>>,
  ): Map<string, Mirrored<z.output<S>>> {
    return new Map(values.map((value) => [value.key.slice(this.prefix.length), read(value)]));
  }

  /** What we wrote after `index`: an answer from before cannot know of it. */
  private since(index: number): [string, Mirrored<z.output<S>>][] {
    return [...this.all()].filter(([, entry]) => entry.kind !== 'absent' && entry.modifyIndex > index);
  }

  /** A watch may tell late of what our own write has already passed. */
  private newer(value: KvValue): Mirrored<z.output<S>> {
    const known = this.get(value.key.slice(this.prefix.length));
    return known.kind !== 'absent' && known.modifyIndex >= value.modifyIndex ? known : this.read(value);
  }

  private read({ key, value, modifyIndex }: KvValue): Mirrored<z.output<S>> {
    try {
      const parsed = this.schema.safeDecode(JSON.parse(value) as z.input<S>);
      if (parsed.success) return { kind: 'value', value: parsed.data, modifyIndex };
      throw parsed.error;
    } catch (error) {
      this.log.warn({ key, err: messageOf(error) }, 'a key in Consul does not hold what it should');
      return { kind: 'bad', why: `${key}: ${messageOf(error)}`, modifyIndex };
    }
  }
}
