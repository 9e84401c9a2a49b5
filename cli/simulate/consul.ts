/** Consul as the two services need it: a lock with its delays, and keys that are written by compare-and-set. */
import type { Ledger, ServiceRecord } from '../../scheduler/client/index.js';
import { emptyLedger } from '../../scheduler/apply/ledger.js';
import { Chance } from './chance.js';

const sessionMs = 15_000;
const lockDelayMs = 15_000;

export type Written = 'written' | 'refused' | 'unanswered';

interface Versioned<T> {
  readonly value: T;
  readonly index: number;
}

export class SimConsul {
  /** It answers nobody: no leader of its own. */
  silent = false;
  /** Share of writes that fail; `carriedOut`: only their answer is lost. */
  trouble: { readonly share: number; readonly carriedOut: boolean } | null = null;
  private index = 1;
  private readonly ledgers = new Map<string, Versioned<Ledger>>();
  private readonly records = new Map<string, Versioned<ServiceRecord>>();
  private holder: object | null = null;
  private expiresAt = 0;
  private freeAt = 0;
  /** Of whoever took the lock last. */
  token = 0;

  private readonly chance: Chance;
  /** Of the writes of each key: what fails says nothing about the next, of this key or another. */
  private readonly luck = new Map<string, { readonly chance: Chance; writes: number }>();

  constructor(private readonly seed: number) {
    this.chance = new Chance(seed, 'consul');
  }

  /** A session that nobody renewed is found dead after up to twice its time; then the lock-delay. */
  expire(now: number): void {
    if (this.holder === null || this.silent || now < this.expiresAt) return;
    this.holder = null;
    this.freeAt = now + lockDelayMs;
  }

  /** The token if the lock is this one's, and is confirmed by that; null: it is not. */
  confirm(who: object, now: number): number | null {
    if (this.silent || this.holder !== who) return null;
    this.expiresAt = now + sessionMs * (1 + this.chance.at(now).next());
    return this.token;
  }

  acquire(who: object, now: number): number | null {
    if (this.silent || this.holder !== null || now < this.freeAt) return null;
    this.holder = who;
    this.token = ++this.index;
    return this.confirm(who, now);
  }

  /** Its key is deleted: whoever asks next has it, and no delay is held against that. */
  deleteLock(): void {
    this.holder = null;
    this.freeAt = 0;
  }

  /** Somebody's intent stands in the ledger. */
  hasIntent(service: string): boolean {
    return this.ledger(service).value.open.some(({ phase }) => phase === 'intent');
  }

  /** Written by hand: an action that has just begun stands there twice. False: there is none. */
  doubleAction(service: string): boolean {
    const { value } = this.ledger(service);
    const [action] = value.open;
    if (action?.phase !== 'intent') return false;
    const open = [...value.open, { ...action, id: `${action.id}/twice` }];
    this.ledgers.set(service, { value: { ...value, open }, index: ++this.index });
    return true;
  }

  ledger(service: string): Versioned<Ledger> {
    return this.ledgers.get(service) ?? { value: emptyLedger, index: 0 };
  }

  record(service: string): ServiceRecord | null {
    return this.records.get(service)?.value ?? null;
  }

  allRecords(): ReadonlyMap<string, ServiceRecord> {
    return new Map([...this.records].map(([service, { value }]) => [service, value]));
  }

  putLedger(service: string, value: Ledger, decidedOn: number, now: number): Written {
    const fails = this.hasBadLuck(`ledger ${service}`, now);
    return this.put(this.ledgers, service, value, decidedOn, fails);
  }

  putRecord(service: string, value: ServiceRecord, now: number): Written {
    // A newer leader's record stays.
    if ((this.records.get(service)?.value.token ?? 0) > value.token) return 'refused';
    const fails = this.hasBadLuck(`record ${service}`, now);
    return this.put(this.records, service, value, this.records.get(service)?.index ?? 0, fails);
  }

  private hasBadLuck(key: string, now: number): boolean {
    if (this.trouble === null) return false;
    const luck = this.luck.get(key) ?? { chance: new Chance(this.seed, key), writes: 0 };
    this.luck.set(key, luck);
    return luck.chance.at(now + ++luck.writes * 7_919).happens(this.trouble.share);
  }

  private put<T>(into: Map<string, Versioned<T>>, key: string, value: T, cas: number, fails: boolean): Written {
    if (this.silent) return 'unanswered';
    if (fails && !this.trouble?.carriedOut) return 'unanswered';
    if ((into.get(key)?.index ?? 0) !== cas) return fails ? 'unanswered' : 'refused';
    into.set(key, { value, index: ++this.index });
    return fails ? 'unanswered' : 'written';
  }
}
