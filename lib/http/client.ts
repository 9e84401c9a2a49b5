import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import axios, { type AxiosResponse } from 'axios';
import { z } from 'zod';
import { BallastError, messageOf } from '../errors.js';
import { isLoopback } from './access.js';
import { problemSchema } from './problem.js';
import { parseWait } from './wait.js';

export interface ClientOptions {
  readonly baseUrl: string;
  readonly token?: string | null;
  /** For an answer as a whole; a read that waits gets its `wait` on top. */
  readonly timeoutMs: number;
}

export type Query = Readonly<Record<string, string | number | undefined>>;

export interface ReadOptions {
  readonly query?: Query;
  readonly signal?: AbortSignal;
  /** Media type to ask for; JSON unless given. */
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For an answer that takes longer to make than most. */
  readonly timeoutMs?: number;
}

export interface SendOptions extends ReadOptions {
  readonly body?: unknown;
}

export interface Answer<T> {
  readonly value: T;
  /** Of `X-Ballast-Index`; null where a resource has none. */
  readonly index: number | null;
}

/**
 * Our APIs as seen by a client. Answers are decoded by the schema; everything that goes wrong rejects with a BallastError
 * (`UNREACHABLE`, `TIMEOUT`, `INVALID_ANSWER`, or the code that the server gave), except that an aborted signal rejects
 * with its own reason.
 */
export interface HttpClient {
  get<S extends z.ZodType>(path: string, schema: S, options?: ReadOptions): Promise<Answer<z.output<S>>>;
  send<S extends z.ZodType>(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    schema: S,
    options?: SendOptions,
  ): Promise<Answer<z.output<S>>>;
  /** Posts, and takes in an answer of JSON lines as they come; resolves at its end. However long it takes. */
  lines<S extends z.ZodType>(
    path: string,
    schema: S,
    onLine: (line: z.output<S>) => void,
    options?: SendOptions,
  ): Promise<void>;
}

const bodyLimitBytes = 256 * 1024 * 1024;

const refusal = (answer: AxiosResponse<unknown>, url: string): BallastError => {
  const problem = problemSchema.safeParse(answer.data);
  if (!problem.success)
    return new BallastError(`HTTP_${answer.status}`, `${url} answered ${answer.status} ${answer.statusText}`, {
      status: answer.status,
    });
  const { code, detail, hint, status, type: _, title: __, ...details } = problem.data;
  return new BallastError(code, detail, { status, details, ...(hint === undefined ? {} : { hint }) });
};

const failure = (thrown: unknown, url: string, timeoutMs: number): BallastError => {
  const code = axios.isAxiosError(thrown) ? thrown.code : undefined;
  if (code === 'ECONNABORTED' || code === 'ETIMEDOUT')
    return new BallastError('TIMEOUT', `${url} did not answer within ${timeoutMs} ms`, { cause: thrown });
  return new BallastError('UNREACHABLE', `${url} did not answer: ${messageOf(thrown)}`, {
    hint: 'is it running, and is its address right?',
    cause: thrown,
  });
};

const decode = <S extends z.ZodType>(schema: S, answer: AxiosResponse<unknown>, url: string): Answer<z.output<S>> => {
  const decoded = schema.safeParse(answer.data);
  if (!decoded.success)
    throw new BallastError('INVALID_ANSWER', `${url} answered something else: ${z.prettifyError(decoded.error)}`, {
      hint: 'is it another version, or another program?',
    });
  const index = Number(answer.headers['x-ballast-index']);
  return { value: decoded.data, index: Number.isSafeInteger(index) ? index : null };
};

const textOf = async (stream: AsyncIterable<Uint8Array>): Promise<string> => {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const waitOf = (query: Query | undefined): number =>
  typeof query?.['wait'] === 'string' && query['index'] !== undefined ? parseWait(query['wait']) : 0;

/** On this machine bytes are cheaper than to compress them and back. */
const encodingFor = (baseUrl: string): string =>
  URL.canParse(baseUrl) && isLoopback(new URL(baseUrl).hostname) ? 'identity' : 'gzip';

/** A client of one of our services; no redirects, no proxy from the environment. */
export const createClient = ({ baseUrl, token, timeoutMs }: ClientOptions): HttpClient => {
  const http = axios.create({
    baseURL: baseUrl,
    proxy: false,
    maxRedirects: 0,
    maxContentLength: bodyLimitBytes,
    validateStatus: () => true,
    headers: { 'Accept-Encoding': encodingFor(baseUrl), ...(token && { Authorization: `Bearer ${token}` }) },
  });
  const ask = async <S extends z.ZodType>(
    method: string,
    path: string,
    schema: S,
    { query, body, signal, accept, headers, timeoutMs: usual = timeoutMs }: SendOptions,
  ): Promise<Answer<z.output<S>>> => {
    const url = `${baseUrl}${path}`;
    const timeout = usual + waitOf(query);
    signal?.throwIfAborted();
    let answer: AxiosResponse<unknown>;
    try {
      answer = await http.request<unknown>({
        method,
        url: path,
        params: query,
        data: body,
        timeout,
        headers: { ...headers, ...(accept && { Accept: accept }) },
        ...(signal && { signal }),
      });
    } catch (thrown) {
      signal?.throwIfAborted();
      throw failure(thrown, url, timeout);
    }
    if (answer.status < 200 || answer.status > 299) throw refusal(answer, url);
    return decode(schema, answer, url);
  };
  const lines: HttpClient['lines'] = async (path, schema, onLine, { query, body, signal } = {}) => {
    const url = `${baseUrl}${path}`;
    signal?.throwIfAborted();
    try {
      const answer = await http.request<Readable>({
        ...{ method: 'POST', url: path, params: query, data: body, responseType: 'stream' },
        ...(signal && { signal }),
      });
      if (answer.status < 200 || answer.status > 299)
        throw refusal({ ...answer, data: parsed(await textOf(answer.data)) }, url);
      for await (const line of createInterface({ input: answer.data }))
        if (line !== '') onLine(decode(schema, { ...answer, data: parsed(line) }, url).value);
    } catch (thrown) {
      signal?.throwIfAborted();
      throw thrown instanceof BallastError ? thrown : failure(thrown, url, timeoutMs);
    }
  };
  return {
    get: (path, schema, options = {}) => ask('GET', path, schema, options),
    send: (method, path, schema, options = {}) => ask(method, path, schema, options),
    lines,
  };
};
