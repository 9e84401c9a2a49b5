import { Pool } from 'undici';
import type { Clock } from '../../lib/clock.js';
import type { Scrape, ScrapeOutcome, SeriesFilter, Target } from '../model.js';
import { BodyCollector, type Answer } from './body.js';
import { isHangUp, outcomeOf } from './failure.js';
import { acceptOf } from './format.js';
import { readPage } from './read.js';

/** Idle connections outlive the longest usual interval; a peer's own `Keep-Alive: timeout=` shortens it. */
const keepAliveMs = 75_000;
const idlePoolMs = 600_000;

interface Origin {
  readonly pool: Pool;
  /** Connections made so far: tells a kept connection from a new one. */
  connects: number;
  usedAt: number;
}

/** Fetches pages over kept connections, one pool per origin. Never throws for what a peer does: that is the outcome. */
export class PageFetcher {
  readonly #clock: Clock;
  readonly #origins = new Map<string, Origin>();
  #sweptAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Rejects only with the signal's own reason. */
  async fetch(target: Target, filter: SeriesFilter, signal: AbortSignal): Promise<Scrape> {
    signal.throwIfAborted();
    const startedAt = this.#clock.now();
    const begun = this.#clock.mono();
    const answer = await this.#answer(target, signal);
    signal.throwIfAborted();
    const outcome = readAnswer(answer, target, filter);
    return { target: target.key, startedAt, durationMs: this.#clock.mono() - begun, outcome };
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
        const collector = new BodyCollector(target.bodyLimitBytes, over.signal, resolve);
        const late = (): void => collector.giveUp(`no whole answer within ${target.timeoutMs} ms`);
        this.#clock.sleep(deadline - this.#clock.mono(), over.signal).then(late, late);
        const headers = { accept: acceptOf(target.format ?? 'auto'), 'user-agent': 'ballast-engine' };
        origin.pool.dispatch({ path: url.pathname + url.search, method: 'GET', headers }, collector);
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

const readAnswer = (answer: Answer, { format = 'auto' }: Target, filter: SeriesFilter): ScrapeOutcome => {
  if (answer.kind === 'failed') return outcomeOf(answer.error, answer.answered);
  if (answer.kind === 'unfit') return { kind: 'unreadable', why: answer.why };
  const page = readPage(answer.body, answer.contentType, filter, format === 'actuator' ? 'json' : format);
  return page.ok
    ? { kind: 'page', samples: page.samples, warnings: page.warnings }
    : { kind: 'unreadable', why: page.why };
};
