/** Pages over plain HTTP: the scrape loop's own transport. What is not plain goes by undici ({@link Pooled}). */
import type { Clock } from '../../lib/clock.js';
import { toError } from '../../lib/errors.js';
import type { Target } from '../model.js';
import { BodyCollector, type Answer } from './body.js';
import { isHangUp } from './failure.js';
import { wishesOf } from './format.js';
import type { Headers } from './head.js';
import type { Read, Transport } from './transport.js';
import { Wire, WireError, type Connection, type Exchange } from './wire.js';

/** How exactly deadlines are kept: one timer for all scrapes under way, instead of one each. */
const tickMs = 20;
const idleMs = 600_000;

/** What a target's URL comes to, found once. The question is put together when it is asked: it would be a text for each target. */
interface Route {
  readonly wire: Wire;
  readonly path: string;
  /** Shared by all targets that wish the same. */
  readonly wishes: string;
}

const questionOf = ({ wire: { authority }, path, wishes }: Route): string =>
  `GET ${path} HTTP/1.1\r\nhost: ${authority}\r\nconnection: keep-alive\r\n${wishes}user-agent: ballast-engine\r\n\r\n`;

const linesOf = (headers: Readonly<Record<string, string>>): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');

/** One scrape under way. */
class Scraping implements Exchange {
  readonly #collector: BodyCollector;
  #connection: Connection;
  #over = false;

  constructor(
    readonly route: Route,
    readonly target: Target,
    readonly signal: AbortSignal,
    private readonly begun: number,
    private readonly done: (answer: Answer | null) => void,
  ) {
    this.#collector = new BodyCollector(target.bodyLimitBytes, (answer) => this.#finish(answer));
    this.#connection = route.wire.take();
    this.#connection.ask(questionOf(route), this);
  }

  head(status: number, headers: Readonly<Headers>): boolean {
    return this.#collector.head(status, headers);
  }

  data(bytes: Buffer): boolean {
    return this.#collector.data(bytes);
  }

  keep(): void {
    this.#collector.keep();
  }

  end(): void {
    this.#collector.end();
  }

  /** A kept connection that the peer closed while it was idle says nothing about the process: asked again, once. */
  fail(error: Error): void {
    const isStale = this.#connection.kept && !this.#collector.answered && isHangUp(error);
    if (!isStale) return this.#collector.fail(error);
    this.route.wire.close();
    this.#connection = this.route.wire.take();
    this.#connection.ask(questionOf(this.route), this);
  }

  look(now: number): void {
    const { timeoutMs, connectTimeoutMs } = this.target;
    if (now - this.begun >= timeoutMs) this.#giveUp(new Error(`no whole answer within ${timeoutMs} ms`));
    else if (this.#connection.connecting && now - this.begun >= connectTimeoutMs)
      this.#giveUp(new WireError('no connection in time', 'ETIMEDOUT'));
  }

  abort(): void {
    this.#connection.abandon();
    this.#finish(null);
  }

  #giveUp(error: Error): void {
    this.#connection.abandon();
    this.#collector.fail(error);
  }

  #finish(answer: Answer | null): void {
    if (this.#over) return;
    this.#over = true;
    this.done(answer);
  }
}

export class Plain implements Transport {
  readonly #clock: Clock;
  readonly #wires = new Map<string, Wire>();
  /** Targets last. */
  readonly #routeOf = new WeakMap<Target, Route>();
  readonly #scraping = new Set<Scraping>();
  readonly #signals = new WeakSet<AbortSignal>();
  readonly #wishes = new Map<string, string>();
  readonly #mono = (): number => this.#clock.mono();
  #ticking = false;
  #sweptAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ask<T>(target: Target, signal: AbortSignal, read: Read<T>): Promise<T> {
    this.#heed(signal);
    return new Promise((resolve, reject: (reason: Error) => void) => {
      const done = (answer: Answer | null): void => {
        this.#scraping.delete(scraping);
        try {
          if (answer === null) signal.throwIfAborted();
          else return resolve(read(answer));
          reject(new Error('a scrape was given up, and nobody asked for it'));
        } catch (thrown) {
          reject(toError(thrown));
        }
      };
      const scraping = new Scraping(this.#route(target), target, signal, this.#clock.mono(), done);
      this.#scraping.add(scraping);
      if (!this.#ticking) void this.#tick();
    });
  }

  close(): Promise<void> {
    for (const wire of this.#wires.values()) wire.end();
    this.#wires.clear();
    return Promise.resolve();
  }

  /** One listener for all scrapes of a signal: adding and removing one each is a twentieth of a scrape. */
  #heed(signal: AbortSignal): void {
    if (this.#signals.has(signal)) return;
    this.#signals.add(signal);
    const end = (): void => {
      for (const scraping of [...this.#scraping]) if (scraping.signal === signal) scraping.abort();
    };
    signal.addEventListener('abort', end, { once: true });
  }

  async #tick(): Promise<void> {
    this.#ticking = true;
    while (this.#scraping.size > 0) {
      await this.#clock.sleep(tickMs);
      const now = this.#clock.mono();
      for (const scraping of [...this.#scraping]) scraping.look(now);
    }
    this.#ticking = false;
  }

  #route(target: Target): Route {
    this.#sweep();
    const known = this.#routeOf.get(target);
    if (known && !known.wire.closed) return known;
    const url = new URL(target.url);
    const route = { wire: this.#wire(url), path: `${url.pathname}${url.search}`, wishes: this.#wish(target) };
    this.#routeOf.set(target, route);
    return route;
  }

  #wish(target: Target): string {
    const wishes = linesOf(wishesOf(target));
    const known = this.#wishes.get(wishes);
    if (known === undefined) this.#wishes.set(wishes, wishes);
    return known ?? wishes;
  }

  #wire({ host, hostname, port }: URL): Wire {
    let wire = this.#wires.get(host);
    if (!wire) {
      const name = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
      this.#wires.set(host, (wire = new Wire(host, name, port === '' ? 80 : Number(port), this.#mono)));
    }
    return wire;
  }

  /** Instances come and go: what nobody used for long is given up. */
  #sweep(): void {
    const now = this.#clock.mono();
    if (now - this.#sweptAt < idleMs / 10) return;
    this.#sweptAt = now;
    const isOld = (wire: Wire): boolean => now - wire.usedAt >= idleMs;
    for (const [host, wire] of this.#wires) {
      if (!isOld(wire)) continue;
      wire.end();
      this.#wires.delete(host);
    }
  }
}
