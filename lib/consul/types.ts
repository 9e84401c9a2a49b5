import type { HealthEntry, HealthList } from './catalog.js';
import type { TlsFiles } from '../tls.js';
import type { CatalogService } from './services.js';
import type { WatchEvent } from './watch.js';

export interface ConsulConnection {
  /** Scheme, host and port of an agent. */
  readonly url: string;
  readonly token: string | null;
  /** Holds the token instead; read again when it changes. */
  readonly tokenFile?: string | null;
  /** Null: the agent's own. */
  readonly datacenter: string | null;
  /** For an https URL; the files are read again when they change. */
  readonly tls?: TlsFiles | null;
}

export interface KvEntry {
  readonly key: string;
  readonly value: string;
  readonly modifyIndex: number;
  /** How often the key was locked. */
  readonly lockIndex: number;
  /** The session that holds the key. */
  readonly session: string | null;
  readonly flags: number;
}

export interface PutOptions {
  /** Only if the key's ModifyIndex is still this; 0: only if there is no such key. */
  readonly cas?: number;
  /** Take or give back the key for this session. */
  readonly acquire?: string;
  readonly release?: string;
  readonly signal?: AbortSignal;
}

export interface ListOptions {
  /** As a quorum confirms it. */
  readonly consistent?: boolean;
  readonly signal?: AbortSignal;
}

export interface KvAccess {
  /** As the leader knows it; null: no such key. */
  get(key: string, signal?: AbortSignal): Promise<KvEntry | null>;
  /** As a quorum confirms it, at the price of one more round trip. */
  getConsistent(key: string, signal?: AbortSignal): Promise<KvEntry | null>;
  /** Waits until the key changes from `index`, or the time is up. Index 0 answers at once. */
  wait(
    key: string,
    index: number,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<{ entry: KvEntry | null; index: number }>;
  list(prefix: string, options?: ListOptions): Promise<readonly KvEntry[]>;
  /** False: the condition did not hold, nothing was written. */
  put(key: string, value: string, options?: PutOptions): Promise<boolean>;
  /** With `cas`, only if the key's ModifyIndex is still this. */
  delete(key: string, cas?: number, signal?: AbortSignal): Promise<boolean>;
}

export interface SessionOptions {
  readonly name: string;
  /** Consul takes 10 s to a day, and may take twice as long to notice. */
  readonly ttlMs: number;
  readonly lockDelayMs: number;
  readonly signal?: AbortSignal;
}

export interface SessionAccess {
  create(options: SessionOptions): Promise<string>;
  /** False: there is no such session any more. */
  renew(id: string, signal?: AbortSignal): Promise<boolean>;
  destroy(id: string, signal?: AbortSignal): Promise<void>;
}

export interface HealthOptions {
  /** Consul's own filter language. */
  readonly selector: string | null;
  /** Of these datacenters together; none named: of the connection's. */
  readonly datacenters?: readonly string[];
}

export interface StaleOptions {
  /** Ask any server, so that discovery goes on while there is no leader. */
  readonly stale: boolean;
  /** A stale answer whose server last heard of a leader longer ago than this is not used; the leader is asked instead. */
  readonly maxStaleMs: number;
}

export interface HealthWatchOptions extends HealthOptions, StaleOptions {}

/**
 * Consul, as far as we use it. Everything that comes back was validated. Rejects with a BallastError
 * (`CONSUL_UNREACHABLE`, `CONSUL_REFUSED` with the status, `CONSUL_UNREADABLE`), or with an aborted signal's reason.
 */
export interface ConsulAccess {
  readonly url: string;
  readonly kv: KvAccess;
  readonly session: SessionAccess;
  /** The instances of a service, as the leader knows them now. */
  health(service: string, options: HealthOptions, signal?: AbortSignal): Promise<HealthList>;
  /**
   * Reports the instances of a service now and at each change, for ever, and each failure once per attempt. After an error
   * the last list stays valid; the first good answer is reported even if nothing changed. Resolves when the signal aborts.
   */
  watchHealth(
    service: string,
    options: HealthWatchOptions,
    signal: AbortSignal,
    onEvent: (event: HealthEvent) => void,
  ): Promise<void>;
  /** The same for the names and tags of all services of the connection's datacenter. */
  watchServices(options: StaleOptions, signal: AbortSignal, onEvent: (event: ServicesEvent) => void): Promise<void>;
  /** The same for all keys under a prefix. */
  watchKv(prefix: string, signal: AbortSignal, onEvent: (event: KvEvent) => void): Promise<void>;
  /** Drops the connections that are kept open. */
  close(): void;
}

export type KvEvent = WatchEvent<readonly KvEntry[]>;

export type ServicesEvent = WatchEvent<readonly CatalogService[]>;

/** `dropped` names the entries that were refused, and why. */
export type HealthEvent =
  | {
      readonly kind: 'value';
      readonly value: readonly HealthEntry[];
      readonly dropped: HealthList['dropped'];
      readonly index: number;
      readonly at: number;
      /** Of several datacenters, those that fail, and why: of them it is the last list. */
      readonly trouble?: string | null;
      /** Some of these never answered: the list lacks whatever they have. */
      readonly partial?: boolean;
    }
  | { readonly kind: 'error'; readonly why: string; readonly at: number };
