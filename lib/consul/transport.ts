import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { BallastError, messageOf } from '../errors.js';

/** An answer as it came, with what Consul says in headers. */
export interface Reply {
  readonly body: unknown;
  readonly index: number;
  readonly lastContactMs: number;
}

/** Understood by every method of the `consul` package; its typings leave out most of it. */
export interface CallOptions {
  readonly ctx: EventEmitter;
  readonly timeout: number;
}

export interface CallLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The package hangs the answer on its error, also where the answer was fine and only its body was not. */
const answered = z.object({ response: z.object({ statusCode: z.number(), body: z.unknown() }) });

const words = (body: unknown): string =>
  (Buffer.isBuffer(body) || typeof body === 'string' ? body.toString() : (JSON.stringify(body) ?? ''))
    .trim()
    .slice(0, 200);

const hints: Readonly<Record<number, string>> = {
  400: 'is the selector written in Consul’s filter language?',
  403: 'the token needs service:read, node:read, key:write under the prefix, and session:write',
  500: 'Consul has no leader, or cannot reach it',
};

/** Older servers answer 500 to a filter that they cannot read. */
const ofSelector = /boolean expression|filter expression/i;

const toProblem = (thrown: unknown, url: string): BallastError => {
  const answer = answered.safeParse(thrown);
  if (!answer.success)
    return new BallastError('CONSUL_UNREACHABLE', `Consul at ${url} did not answer: ${messageOf(thrown)}`, {
      hint: 'is an agent running there?',
      cause: thrown,
    });
  const { statusCode, body } = answer.data.response;
  if (statusCode < 400)
    return new BallastError('CONSUL_UNREADABLE', `Consul at ${url} answered something else: ${messageOf(thrown)}`, {
      hint: 'is that really Consul?',
      cause: thrown,
    });
  const hint = ofSelector.test(words(body)) ? hints[400] : hints[statusCode];
  const options = { status: statusCode, cause: thrown, ...(hint === undefined ? {} : { hint }) };
  return new BallastError('CONSUL_REFUSED', `Consul at ${url} answered ${statusCode}: ${words(body)}`, options);
};

const numberOf = (response: IncomingMessage, header: string): number => {
  const value = Number(response.headers[header]);
  return Number.isFinite(value) ? value : 0;
};

const replySchema = z.tuple([z.custom<IncomingMessage>((value) => value instanceof Object)]).rest(z.unknown());

/**
 * Calls one method of the `consul` package with a deadline and a signal. The package aborts by an emitter, and gives the
 * headers only to a context that asks for them. Without the deadline an answer that is cut off in its middle would wait for ever.
 */
export const call = async (
  url: string,
  method: (options: CallOptions) => Promise<unknown>,
  { timeoutMs, signal }: CallLimits,
): Promise<Reply> => {
  signal?.throwIfAborted();
  const ctx = Object.assign(new EventEmitter(), { includeResponse: true });
  const cancel = (): void => void ctx.emit('cancel');
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    const [response, body] = replySchema.parse(await method({ ctx, timeout: timeoutMs }));
    return {
      body,
      index: numberOf(response, 'x-consul-index'),
      lastContactMs: numberOf(response, 'x-consul-lastcontact'),
    };
  } catch (thrown) {
    signal?.throwIfAborted();
    throw toProblem(thrown, url);
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
};
