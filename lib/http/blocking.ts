import type { Request, RequestHandler, Response } from 'express';
import { type Clock, systemClock } from '../clock.js';
import { BallastError } from '../errors.js';
import { queried } from './endpoints.js';
import { lifetimeOf } from './lifetime.js';
import { defaultWaitMs, parseIndex, parseWait } from './wait.js';

export interface Snapshot<T> {
  readonly index: number;
  readonly value: T;
}

/**
 * A value that readers can wait on. The index moves with each material change, and only then. It starts at the epoch's
 * milliseconds, so that an index from before a restart is never taken for a current one.
 */
export class Watched<T> {
  #index: number;
  #version = 0;
  #value: T;
  readonly #clock: Clock;
  readonly #wakers = new Set<() => void>();

  constructor(value: T, clock: Clock = systemClock) {
    this.#value = value;
    this.#clock = clock;
    this.#index = Math.max(1, Math.floor(clock.now()));
  }

  get(): Snapshot<T> {
    return { index: this.#index, value: this.#value };
  }

  /** A material change: the index moves, everyone who waits is answered. */
  set(value: T): void {
    this.#value = value;
    this.#index += 1;
    this.#version += 1;
    const wakers = [...this.#wakers];
    this.#wakers.clear();
    for (const wake of wakers) wake();
  }

  /** A newer value that nobody needs to be woken for. */
  touch(value: T): void {
    this.#value = value;
    this.#version += 1;
  }

  /** Moves with every newer value, material or not. */
  get version(): number {
    return this.#version;
  }

  /** Readers that wait now. */
  get waiting(): number {
    return this.#wakers.size;
  }

  /**
   * Resolves at once unless `index` is the current one (an index from the future is one from another life); else with the
   * next change, after `waitMs`, or when the signal aborts, whichever comes first. Never rejects.
   */
  async wait(index: number, waitMs: number, signal: AbortSignal): Promise<Snapshot<T>> {
    if (index === this.#index && waitMs > 0 && !signal.aborted) await this.#change(waitMs, signal);
    return this.get();
  }

  async #change(waitMs: number, signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    const stop = (): void => enough.abort();
    signal.addEventListener('abort', stop, { once: true });
    this.#wakers.add(stop);
    try {
      await this.#clock.sleep(waitMs, enough.signal);
    } catch (thrown) {
      if (!enough.signal.aborted) throw thrown;
    } finally {
      this.#wakers.delete(stop);
      signal.removeEventListener('abort', stop);
    }
  }
}

/** Aborts when the client goes away, or when the server closes. */
const untilGone = (req: Request, res: Response): AbortSignal => {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  return AbortSignal.any([gone.signal, lifetimeOf(req.app).signal]);
};

/** The same answer serves whoever asks within this time, while nothing newer is there. */
const sharedMs = 100;
/** Different answers of one resource that are kept: as many filters as are usual. */
const sharedMost = 16;

interface Shared {
  readonly version: number;
  readonly until: number;
  readonly bodies: Map<string, Buffer>;
}
const shared = new WeakMap<object, Shared>();

/** An answer's bytes: many readers are woken at once, and what they are told is encoded once. */
const bytesOf = (source: Watched<unknown>, key: string, render: () => unknown): Buffer => {
  const now = performance.now();
  const known = shared.get(source);
  const isGood = known !== undefined && known.version === source.version && now < known.until;
  const bodies = isGood ? known.bodies : new Map<string, Buffer>();
  if (!isGood) shared.set(source, { version: source.version, until: now + sharedMs, bodies });
  const body = bodies.get(key) ?? Buffer.from(JSON.stringify(render()));
  if (bodies.size < sharedMost) bodies.set(key, body);
  return body;
};

type Pick<T> = Watched<T> | ((req: Request) => Watched<T> | null);

/**
 * Answers `GET …?index=&wait=`: without an index at once, with the current index when the value changes or the time is up.
 * `X-Ballast-Index` is what to ask with next. `watched` may be chosen by the request; null is a 404. `alike`: requests for
 * the same resource with the same text get the same answer.
 */
export const blocking =
  <T>(
    watched: Pick<T>,
    render: (value: T, req: Request) => unknown,
    alike: (req: Request) => string = () => '',
  ): RequestHandler =>
  async (req, res) => {
    const source = typeof watched === 'function' ? watched(req) : watched;
    if (!source) throw new BallastError('NOT_FOUND', `nothing is known under ${req.path}`, { status: 404 });
    const index = parseIndex(queried(req, 'index') ?? '0');
    const wait = queried(req, 'wait');
    const waitMs = wait === undefined ? defaultWaitMs : parseWait(wait);
    const now = await source.wait(index, waitMs, untilGone(req, res));
    if (res.destroyed) return;
    if (lifetimeOf(req.app).signal.aborted) res.set('Connection', 'close');
    const body = bytesOf(source, alike(req), () => render(now.value, req));
    res.set('X-Ballast-Index', String(now.index)).type('json').send(body);
  };
