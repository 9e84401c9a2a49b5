import type { ConsulAccess, KvAccess, KvEntry, KvEvent, PutOptions } from '../../lib/consul/index.js';

const unused = (): never => {
  throw new Error('this fake has only keys');
};

/**
 * Consul's key-value store in memory, for what cannot be made to happen on a real one: writes that fail, or are applied but
 * not answered, at a chosen moment. Compare-and-set, indexes and watches behave as Consul's.
 */
export class FakeConsul implements ConsulAccess {
  readonly url = 'fake://consul';
  readonly writes: string[] = [];
  /** Called before each write: throw here to refuse it. */
  beforeWrite: (key: string) => void = () => undefined;
  /** Called after a write was applied: throw here to lose its answer. */
  afterWrite: (key: string) => void = () => undefined;
  private index = 1;
  private readonly entries = new Map<string, KvEntry>();
  private readonly watchers = new Set<(value: readonly KvEntry[], index: number) => void>();

  readonly kv: KvAccess = {
    get: (key) => Promise.resolve(this.entries.get(key) ?? null),
    getConsistent: (key) => Promise.resolve(this.entries.get(key) ?? null),
    wait: unused,
    list: (prefix) => Promise.resolve(this.under(prefix)),
    put: (key, value, options) => this.write(key, value, options),
    delete: (key, cas) => this.write(key, null, cas === undefined ? {} : { cas }),
  };
  readonly session = { create: unused, renew: unused, destroy: unused };
  readonly health = unused;
  readonly watchHealth = unused;
  readonly watchServices = unused;
  readonly close = (): void => undefined;

  async watchKv(prefix: string, signal: AbortSignal, onEvent: (event: KvEvent) => void): Promise<void> {
    const tell = (value: readonly KvEntry[], index: number): void => {
      onEvent({ kind: 'value', value, index, at: 0 });
    };
    this.watchers.add(tell);
    tell(this.under(prefix), this.index);
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        this.watchers.delete(tell);
        resolve();
      });
    });
  }

  /** Writes as somebody else would. */
  plant(key: string, value: string): void {
    this.index++;
    this.entries.set(key, { key, value, modifyIndex: this.index, lockIndex: 0, session: null, flags: 0 });
  }

  /** What a watch hears, which may be late. */
  tell(value: readonly KvEntry[], index: number): void {
    for (const watcher of this.watchers) watcher(value, index);
  }

  /** What lies under a prefix now. */
  under(prefix: string): KvEntry[] {
    return [...this.entries.values()].filter((entry) => entry.key.startsWith(prefix));
  }

  private write(key: string, value: string | null, options: PutOptions = {}): Promise<boolean> {
    try {
      this.beforeWrite(key);
      const current = this.entries.get(key)?.modifyIndex ?? 0;
      if (options.cas !== undefined && options.cas !== current) return Promise.resolve(false);
      if (value === null) this.entries.delete(key);
      else this.plant(key, value);
      this.writes.push(key);
      this.afterWrite(key);
      return Promise.resolve(true);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
