/** Kept connections to one origin over plain HTTP, one question at a time on each. */
import { connect, type Socket } from 'node:net';
import { messageOf } from '../../lib/errors.js';
import { NotHttp } from './not-http.js';
import { AnswerReader, type AnswerSink } from './response.js';

/** Of the connection, not of the answer; `code` as on Node's own errors: ECLOSED is an orderly end in the middle. */
export class WireError extends Error {
  override readonly name = 'WireError';

  constructor(
    message: string,
    readonly code: 'ECLOSED' | 'ETIMEDOUT',
  ) {
    super(message);
  }
}

/** One question and who takes the answer in. `fail` is told once, instead of `end`. */
export interface Exchange extends AnswerSink {
  fail(error: Error): void;
}

/**
 * All connections read into this one buffer: an answer is taken in before the next read. A buffer and a stream's turn for
 * each read is half of what a scrape costs otherwise (docs/performance.md).
 */
const shared = Buffer.allocUnsafeSlow(64 * 1024);

/** A peer that says how long it keeps idle connections is believed, less the time that a question is on its way. */
const marginMs = 1_000;

export class Connection {
  readonly #socket: Socket;
  readonly #home: Wire;
  #reader: AnswerReader | null = null;
  #exchange: Exchange | null = null;
  /** Answers read to their end. */
  #answers = 0;
  #goodUntil = Infinity;

  constructor(home: Wire) {
    this.#home = home;
    const { host, port } = home;
    const take = (count: number): boolean => {
      this.#read(shared.subarray(0, count));
      return true;
    };
    this.#socket = connect({ host, port, noDelay: true, onread: { buffer: shared, callback: take } });
    this.#socket.on('error', (error) => this.#lost(error));
    this.#socket.on('end', () => this.#ended());
    this.#socket.on('close', () => this.#ended());
  }

  get connecting(): boolean {
    return this.#socket.connecting;
  }

  /** It has answered before: that it is closed now says nothing about the process. */
  get kept(): boolean {
    return this.#answers > 0;
  }

  isGood(nowMs: number): boolean {
    return !this.#socket.destroyed && nowMs < this.#goodUntil;
  }

  ask(question: string, exchange: Exchange): void {
    this.#exchange = exchange;
    this.#reader = new AnswerReader(exchange);
    this.#socket.write(question, 'latin1');
  }

  /** Nobody waits for the answer any more. */
  abandon(): void {
    this.#exchange = null;
    this.#drop();
  }

  #read(bytes: Buffer): void {
    const reader = this.#reader;
    // Something that was not asked for: whatever it belongs to, it is no answer to the next question.
    if (reader === null) return this.#drop();
    try {
      reader.read(bytes);
    } catch (thrown) {
      return this.#lost(thrown instanceof NotHttp ? thrown : new NotHttp(messageOf(thrown), { cause: thrown }));
    }
    if (reader.done) this.#answered(reader);
  }

  #answered({ keeps, keepsFor }: AnswerReader): void {
    this.#reader = null;
    this.#exchange = null;
    this.#answers++;
    if (!keeps) return this.#drop();
    this.#goodUntil = this.#home.keepUntil(keepsFor === null ? null : Math.max(0, keepsFor * 1000 - marginMs));
    this.#home.release(this);
  }

  #ended(): void {
    const isWhole = this.#reader?.close() ?? true;
    if (isWhole) this.#exchange = null;
    this.#lost(new WireError('connection closed before the answer was complete', 'ECLOSED'));
  }

  #lost(error: Error): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    this.#drop();
    exchange?.fail(error);
  }

  #drop(): void {
    this.#reader = null;
    this.#home.forget(this);
    this.#socket.destroy();
  }
}

/** How long an idle connection is kept: longer than the longest usual interval. */
const keepMs = 75_000;

export class Wire {
  readonly #idle: Connection[] = [];
  #usedAt: number;
  #closed = false;

  constructor(
    /** As the peer wants it named: host and port. */
    readonly authority: string,
    readonly host: string,
    readonly port: number,
    private readonly mono: () => number,
  ) {
    this.#usedAt = mono();
  }

  get usedAt(): number {
    return this.#usedAt;
  }

  /** It is to be asked for no connection any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The connection used last, as it is the likeliest to live; a new one where all are busy. */
  take(): Connection {
    this.#usedAt = this.mono();
    for (;;) {
      const idle = this.#idle.pop();
      if (!idle) return new Connection(this);
      if (idle.isGood(this.#usedAt)) return idle;
      idle.abandon();
    }
  }

  keepUntil(peerKeepsMs: number | null): number {
    return this.mono() + Math.min(keepMs, peerKeepsMs ?? keepMs);
  }

  release(connection: Connection): void {
    this.#idle.push(connection);
  }

  forget(connection: Connection): void {
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  /** For good: another one stands for the origin from now on. */
  end(): void {
    this.#closed = true;
    this.close();
  }

  /** Gives up the connections that nobody uses. */
  close(): void {
    for (const connection of this.#idle.splice(0)) connection.abandon();
  }
}
