/** Pages over TLS: by undici, a pool of connections per origin. */
import { Pool, type Dispatcher } from 'undici';
import type { Clock } from '../../lib/clock.js';
import type { Target } from '../model.js';
import { BodyCollector, type Answer } from './body.js';
import { isHangUp } from './failure.js';
import { wishesOf } from './format.js';
import type { Read, Transport } from './transport.js';

/** Idle connections outlive the longest usual interval; a peer's own `Keep-Alive: timeout=` shortens it. */
const keepAliveMs = 75_000;
const idlePoolMs = 600_000;

interface Origin {
  readonly pool: Pool;
  /** Connections made so far: tells a kept connection from a new one. */
  connects: number;
  usedAt: number;
}

class Cut extends Error {}

/** Hands what undici reads to a collector, and cuts the connection when that has enough or nobody waits any more. */
class Handler implements Dispatcher.DispatchHandler {
  /** Nothing more will come over the connection. */
  #ended = false;

  constructor(
    readonly collector: BodyCollector,
    /** Aborts when nobody waits for this answer any more. */
    readonly over: AbortSignal,
  ) {}

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const end = (): void => {
      if (!this.#ended) controller.abort(new Cut('nobody waits for it'));
    };
    if (this.over.aborted) end();
    else this.over.addEventListener('abort', end, { once: true });
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status >= 200 && !this.collector.head(status, headers)) this.#cut(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#ended && !this.collector.data(chunk)) this.#cut(controller);
  }

  onResponseEnd(): void {
    this.#ended = true;
    this.collector.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#ended = true;
    this.collector.fail(error);
  }

  #cut(controller: Dispatcher.DispatchController): void {
    this.#ended = true;
    controller.abort(new Cut('enough'));
  }
}

export class Pooled implements Transport {
  readonly #clock: Clock;
  readonly #origins = new Map<string, Origin>();
  #sweptAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async ask<T>(target: Target, signal: AbortSignal, read: Read<T>): Promise<T> {
    const answer = await this.#answer(target, signal);
    signal.throwIfAborted();
    return read(answer);
  }

  async close(): Promise<void> {
    const pools = [...this.#origins.values()];
    this.#origins.clear();
    await Promise.all(pools.map(({ pool }) => pool.destroy()));
  }

  async #answer(target: Target, signal: AbortSignal): Promise<Answer> {
    const url = new URL(target.url);
    const origin = this.#origin(url.origin, target.connectTimeoutMs);
    const deadline = this.#clock.mono() + target.timeoutMs;
    const connects = origin.connects;
    const first = await this.#request(origin, url, target, deadline, signal);
    // A kept connection that the peer closed while it was idle says nothing about the process.
    const stale = first.kind === 'failed' && !first.answered && isHangUp(first.error) && origin.connects === connects;
    return stale ? this.#request(origin, url, target, deadline, signal) : first;
  }

  async #request(origin: Origin, url: URL, target: Target, deadline: number, signal: AbortSignal): Promise<Answer> {
    const over = new AbortController();
    const end = (): void => over.abort();
    signal.addEventListener('abort', end, { once: true });
    try {
      return await new Promise<Answer>((resolve) => {
        const collector = new BodyCollector(target.bodyLimitBytes, resolve);
        const late = (): void => collector.fail(new Error(`no whole answer within ${target.timeoutMs} ms`));
        this.#clock.sleep(deadline - this.#clock.mono(), over.signal).then(late, late);
        const headers = { ...wishesOf(target), 'user-agent': 'ballast-engine' };
        const request = { path: url.pathname + url.search, method: 'GET', headers } as const;
        origin.pool.dispatch(request, new Handler(collector, over.signal));
      });
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }

  #origin(name: string, connectTimeoutMs: number): Origin {
    this.#sweep();
    const key = `${name} ${connectTimeoutMs}`;
    let origin = this.#origins.get(key);
    if (!origin) {
      const pool = new Pool(name, {
        pipelining: 1,
        connections: 16,
        connect: { timeout: connectTimeoutMs },
        headersTimeout: 0,
        bodyTimeout: 0,
        keepAliveTimeout: keepAliveMs,
        keepAliveMaxTimeout: keepAliveMs,
      });
      const made: Origin = { pool, connects: 0, usedAt: 0 };
      pool.on('connect', () => made.connects++);
      this.#origins.set(key, (origin = made));
    }
    origin.usedAt = this.#clock.mono();
    return origin;
  }

  /** Instances come and go: pools that nobody used for long are given up. */
  #sweep(): void {
    const now = this.#clock.mono();
    if (now - this.#sweptAt < idlePoolMs / 10) return;
    this.#sweptAt = now;
    for (const [key, { pool, usedAt }] of this.#origins) {
      if (now - usedAt < idlePoolMs) continue;
      this.#origins.delete(key);
      void pool.destroy();
    }
  }
}
