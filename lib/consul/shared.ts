import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import { backoff, pause } from '../loop.js';
import type { HealthList } from './catalog.js';
import { type BadCheck, changedBetween } from './services.js';
import type { HealthEvent } from './types.js';
import type { WatchEvent } from './watch.js';

/** `content`: what it is compared with the next one by. */
export interface SharedList extends HealthList {
  readonly index: number;
  readonly content: string;
}

/** What a shared watch asks; all of one datacenter. */
export interface SharedQuestions {
  /** Reports each move of the index of the services, whatever moved it. */
  readonly watchServices: (signal: AbortSignal, onEvent: (event: WatchEvent<unknown>) => void) => Promise<void>;
  /** Reports the checks in that state, now and when they change. */
  readonly watchBad: (
    state: 'critical' | 'warning',
    signal: AbortSignal,
    onEvent: (event: WatchEvent<readonly BadCheck[]>) => void,
  ) => Promise<void>;
  /** The instances of one service, from the leader where there is one, else from whoever is fresh enough. */
  readonly read: (service: string, selector: string | null, signal: AbortSignal) => Promise<SharedList>;
  readonly clock: Clock;
  readonly random: () => number;
}

interface Member {
  readonly service: string;
  readonly selector: string | null;
  readonly onEvent: (event: HealthEvent) => void;
  /** Digest of what was last told; null: nothing yet. */
  content: string | null;
  failures: number;
  nodes: ReadonlySet<string>;
  dirty: boolean;
  reading: boolean;
  notBefore: number;
  readAt: number;
}

/** Reads under way at once. */
const readers = 8;
/** A registration without a check says only that something changed: then all are read, at most so often for each of them. */
const sweepMsEach = 10;
/** What moves no index of ours (a node's address) is found this late. */
const refreshMs = 60_000;
const retry = { firstMs: 250, maxMs: 60_000 };

/**
 * The instances of many services over three blocking queries, where one query for each would be more connections than an agent
 * grants a client (200): the checks that are critical, those that warn, and the services' index. A check that changed tells
 * which service to read again; a moved index that no check explains has them all read. Contract as `watchHealth`'s.
 */
export class SharedWatch {
  readonly #members = new Set<Member>();
  readonly #bad = new Map<string, readonly BadCheck[]>();
  readonly #failing = new Map<string, string>();
  #running: AbortController | null = null;
  #wake: (() => void) | null = null;
  #sweep = false;
  #nextSweepAt = 0;

  constructor(private readonly questions: SharedQuestions) {}

  get size(): number {
    return this.#members.size;
  }

  /** Resolves when the signal aborts; `onEvent` must not throw. */
  async join(service: string, selector: string | null, signal: AbortSignal, onEvent: Member['onEvent']): Promise<void> {
    if (signal.aborted) return;
    const member: Member = {
      service,
      selector,
      onEvent,
      content: null,
      failures: 0,
      nodes: new Set(),
      dirty: true,
      reading: false,
      notBefore: 0,
      readAt: 0,
    };
    this.#members.add(member);
    this.#start();
    this.#wake?.();
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    this.#running?.abort();
    this.#running = null;
  }

  #start(): void {
    if (this.#running) return;
    const running = new AbortController();
    this.#running = running;
    // A few for each question under way.
    setMaxListeners(0, running.signal);
    this.#bad.clear();
    this.#failing.clear();
    const { watchServices, watchBad } = this.questions;
    const { signal } = running;
    void watchServices(signal, (event) => {
      if (this.#settle('services', event)) this.#sweep = true;
      this.#wake?.();
    });
    for (const state of ['critical', 'warning'] as const)
      void watchBad(state, signal, (event) => {
        if (this.#settle(state, event)) this.#changed(state, event.value);
        this.#wake?.();
      });
    void this.#read(signal);
  }

  /** Keeps book of what fails; true: it is a value. Once it goes well again nobody knows what was missed. */
  #settle<T>(what: string, event: WatchEvent<T>): event is Extract<WatchEvent<T>, { kind: 'value' }> {
    if (event.kind === 'value') {
      if (this.#failing.delete(what)) this.#sweep = true;
      return true;
    }
    const isNew = !this.#failing.has(what);
    this.#failing.set(what, event.why);
    for (const member of isNew ? this.#members : []) this.#fail(member, event.why);
    return false;
  }

  #changed(state: string, after: readonly BadCheck[]): void {
    const before = this.#bad.get(state);
    this.#bad.set(state, after);
    // Of what changed before the first answer nobody was told.
    if (before === undefined) return void (this.#sweep = true);
    const changed = changedBetween(before, after);
    const services = new Set(changed.map(({ service }) => service));
    const nodes = new Set(changed.filter(({ service }) => service === '').map(({ node }) => node));
    for (const member of this.#members)
      if (services.has(member.service) || [...nodes].some((node) => member.nodes.has(node))) member.dirty = true;
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { clock } = this.questions;
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      this.#mark(clock.mono());
      this.#startReads(signal);
      const over = new AbortController();
      const end = (): void => over.abort();
      signal.addEventListener('abort', end, { once: true });
      await Promise.race([woken, pause(clock, 1_000, over.signal)]);
      signal.removeEventListener('abort', end);
      end();
    }
  }

  #mark(now: number): void {
    if (this.#sweep && now >= this.#nextSweepAt) {
      this.#sweep = false;
      this.#nextSweepAt = now + this.#members.size * sweepMsEach;
      for (const member of this.#members) member.dirty = true;
    }
    for (const member of this.#members) if (now - member.readAt > refreshMs) member.dirty = true;
  }

  #startReads(signal: AbortSignal): void {
    const now = this.questions.clock.mono();
    let free = readers - [...this.#members].filter(({ reading }) => reading).length;
    for (const member of this.#members) {
      if (free === 0) return;
      if (!member.dirty || member.reading || member.notBefore > now) continue;
      free--;
      void this.#readOne(member, signal);
    }
  }

  async #readOne(member: Member, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.questions;
    member.reading = true;
    // What changes from here on is read again.
    member.dirty = false;
    try {
      const list = await this.questions.read(member.service, member.selector, signal);
      member.readAt = clock.mono();
      if (this.#members.has(member)) this.#tell(member, list);
    } catch (thrown) {
      if (signal.aborted) return;
      member.dirty = true;
      member.notBefore = clock.mono() + backoff(retry, member.failures, random());
      if (this.#members.has(member)) this.#fail(member, messageOf(thrown));
    } finally {
      member.reading = false;
      this.#wake?.();
    }
  }

  #tell(member: Member, { entries, dropped, index, content }: SharedList): void {
    member.nodes = new Set(entries.map(({ node }) => node.name));
    const told = content === member.content && member.failures === 0;
    member.content = content;
    // Blind to changes, a list is no more live than after an error of its own: it is told once the watch goes well again.
    if (told || this.#failing.size > 0) return;
    member.failures = 0;
    member.onEvent({ kind: 'value', value: entries, dropped, index, at: this.questions.clock.now() });
  }

  #fail(member: Member, why: string): void {
    member.failures++;
    member.onEvent({ kind: 'error', why, at: this.questions.clock.now() });
  }
}
