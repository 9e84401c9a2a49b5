import { hostname } from 'node:os';
import type { Clock } from '../clock.js';
import { BallastError, messageOf } from '../errors.js';
import type { Log } from '../log.js';
import { backoff, pause } from '../loop.js';
import type { ConsulAccess, KvEntry } from './types.js';

export interface LockOptions {
  readonly consul: ConsulAccess;
  readonly key: string;
  /** Says to people who holds it. */
  readonly value: string;
  readonly ttlMs: number;
  readonly renewMs: number;
  readonly lockDelayMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface LockState {
  readonly held: boolean;
  /** ModifyIndex of the key when it was taken: whoever takes it later has a higher one. Null unless held. */
  readonly token: number | null;
  /** Epoch milliseconds. Null unless held. */
  readonly heldSince: number | null;
  /**
   * On the monotonic clock, before the questions whose answers said that the session lives and the key is its own. It
   * grows old while Consul is silent: who acts under the lock says how old it may be.
   */
  readonly confirmedAtMono: number | null;
  readonly why: string;
}

/** A lock that one of many processes holds. Advisory, as all such locks: check the token where you act. */
export interface Lock {
  /** Host name of this contender. */
  readonly node: string;
  state(): LockState;
  /** Null, or why Consul could not be asked about the lock just now; whoever merely waits for it has no trouble. */
  trouble(): string | null;
  /** Called when it was taken or lost. */
  onChange(listener: (state: LockState) => void): void;
  /** Contends, holds and renews until the signal aborts; then gives the key back, ends the session and resolves. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * One taking of the key. A session that was ended never comes back, and only we take the key for ours: as long as it stands
 * in the key, this taking lasts. LockIndex would not tell: a plain write over the key sets it to 0.
 */
interface Holding {
  readonly session: string;
  readonly token: number;
}

type Look =
  | { readonly kind: 'ours'; readonly entry: KvEntry }
  | { readonly kind: 'theirs'; readonly entry: KvEntry }
  | { readonly kind: 'free' };

const lookAt = (entry: KvEntry | null, session: string): Look => {
  if (entry === null || entry.session === null) return { kind: 'free' };
  return { kind: entry.session === session ? 'ours' : 'theirs', entry };
};

const notHeld = { held: false, token: null, heldSince: null } as const;
/** A refused taking of a free key is the lock-delay of the one before; it has no event to wait for. */
const lockDelayPollMs = 500;
const farewellMs = 2_000;
const waiting = 'waits for the lock';

class ConsulLock implements Lock {
  readonly node = hostname();
  #state: LockState = { ...notHeld, confirmedAtMono: null, why: 'has not asked for the lock yet' };
  #session: string | null = null;
  #holding: Holding | null = null;
  #index = 0;
  #failures = 0;
  #trouble: string | null = null;
  readonly #listeners: ((state: LockState) => void)[] = [];

  constructor(private readonly options: LockOptions) {}

  state(): LockState {
    const { held, confirmedAtMono } = this.#state;
    if (!held || !this.#lapsed(confirmedAtMono)) return this.#state;
    return { ...notHeld, confirmedAtMono, why: this.#lapse() };
  }

  trouble(): string | null {
    return this.#trouble;
  }

  onChange(listener: (state: LockState) => void): void {
    this.#listeners.push(listener);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#round(signal);
        this.#failures = 0;
        this.#trouble = null;
      } catch (thrown) {
        if (signal.aborted) break;
        await this.#stumble(messageOf(thrown), signal);
      }
    }
    await this.#giveBack();
  }

  /** Renew, look, take if free, then wait for a change of the key until it is time to renew. */
  async #round(signal: AbortSignal): Promise<void> {
    const askedAt = this.options.clock.mono();
    const session = await this.#liveSession(signal);
    let look = lookAt(await this.#read(signal), session);
    if (look.kind === 'free') {
      const { key, value, consul } = this.options;
      this.#lose(waiting);
      if (!(await consul.kv.put(key, value, { acquire: session, signal }))) {
        await pause(this.options.clock, lockDelayPollMs, signal);
        return;
      }
      look = lookAt(await this.#read(signal), session);
    }
    if (look.kind === 'ours') this.#confirm(look.entry, session, askedAt);
    else this.#lose(look.kind === 'theirs' ? `${look.entry.value.slice(0, 200)} holds the lock` : waiting);
    await this.#untilChange(askedAt, signal);
  }

  async #liveSession(signal: AbortSignal): Promise<string> {
    const { consul, key, ttlMs, lockDelayMs } = this.options;
    if (this.#session !== null) {
      if (await consul.session.renew(this.#session, signal)) return this.#session;
      this.#session = null;
      this.#lose('Consul has ended the session');
    }
    this.#session = await consul.session.create({ name: key, ttlMs, lockDelayMs, signal });
    return this.#session;
  }

  /** Confirmed by a quorum: a leader that was deposed and does not know it cannot answer. */
  #read(signal: AbortSignal): Promise<KvEntry | null> {
    return this.options.consul.kv.getConsistent(this.options.key, signal);
  }

  /**
   * Ends a little before the next renewal is due, so that the last confirmation is never older than `renewMs` while all is
   * well: Consul lets a wait last up to a sixteenth longer, and the answers take time.
   */
  async #untilChange(askedAt: number, signal: AbortSignal): Promise<void> {
    const { clock, consul, key, renewMs } = this.options;
    const left = renewMs * 0.8 - (clock.mono() - askedAt);
    if (left <= 0) return;
    const { index } = await consul.kv.wait(key, this.#index, left, signal);
    this.#index = index < this.#index ? 0 : index;
  }

  #confirm(entry: KvEntry, session: string, askedAt: number): void {
    const holding = this.#holding?.session === session ? this.#holding : { session, token: entry.modifyIndex };
    const before = this.state();
    const goesOn = holding === this.#holding && before.held;
    const heldSince = goesOn ? before.heldSince : this.options.clock.now();
    const { token } = holding;
    this.#holding = holding;
    this.#state = { held: true, token, heldSince, confirmedAtMono: askedAt, why: 'holds the lock' };
    if (goesOn) return;
    this.options.log.info({ key: entry.key, token }, 'the lock is ours');
    this.#tell();
  }

  #lose(why: string): void {
    this.#holding = null;
    this.#drop(why);
  }

  #drop(why: string): void {
    const { held, confirmedAtMono } = this.#state;
    this.#state = { ...notHeld, confirmedAtMono, why };
    if (!held) return;
    this.options.log.warn({ key: this.options.key, why }, 'the lock is lost');
    this.#tell();
  }

  /** An error proves nothing either way: the lock stays unconfirmed, and counts as lost when its session may have ended. */
  async #stumble(why: string, signal: AbortSignal): Promise<void> {
    const { clock, log, key, renewMs } = this.options;
    if (this.#failures === 0) log.warn({ key, why }, 'the lock cannot be confirmed');
    this.#index = 0;
    this.#trouble = why;
    const { held, confirmedAtMono } = this.#state;
    if (!held) this.#state = { ...this.#state, why };
    else if (this.#lapsed(confirmedAtMono)) this.#drop(this.#lapse());
    else this.#state = { ...this.#state, why: `cannot be confirmed: ${why}` };
    await pause(clock, backoff({ firstMs: 250, maxMs: renewMs }, this.#failures++, Math.random()), signal);
  }

  #lapsed(confirmedAtMono: number | null): boolean {
    return confirmedAtMono === null || this.options.clock.mono() - confirmedAtMono > this.options.ttlMs;
  }

  #lapse(): string {
    return `not confirmed for more than ${this.options.ttlMs} ms: somebody else may hold the lock`;
  }

  /** The key first: ending the session with the key in it would make the next holder wait for the lock-delay. */
  async #giveBack(): Promise<void> {
    const { consul, key, value, log } = this.options;
    const session = this.#session;
    this.#session = null;
    this.#lose('has given the lock back');
    if (session === null) return;
    const signal = AbortSignal.timeout(farewellMs);
    try {
      await consul.kv.put(key, value, { release: session, signal });
      await consul.session.destroy(session, signal);
    } catch (thrown) {
      log.warn({ key, why: messageOf(thrown) }, 'the lock could not be given back; it ends with its session');
    }
  }

  #tell(): void {
    const state = this.state();
    for (const listener of this.#listeners) listener(state);
  }
}

/** Consul's bounds for a session, and the rule that the lock must outlive some lost renewals. */
const check = ({ ttlMs, renewMs, lockDelayMs }: LockOptions): void => {
  if (ttlMs >= 10_000 && renewMs > 0 && renewMs * 2 <= ttlMs && lockDelayMs >= 1_000) return;
  const given = `TTL ${ttlMs} ms, renewal ${renewMs} ms, lock-delay ${lockDelayMs} ms`;
  throw new BallastError('LOCK_TIMES', `these times make no safe lock: ${given}`, {
    hint: 'a TTL of at least 10 s, renewed at least twice within it, and a lock-delay of at least 1 s',
  });
};

/** Takes part in the contest for a key. Nothing happens before `run`. */
export const createLock = (options: LockOptions): Lock => {
  check(options);
  return new ConsulLock(options);
};
