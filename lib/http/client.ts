import axios, { type AxiosResponse } from 'axios';
import { z } from 'zod';
import { BallastError, messageOf } from '../errors.js';
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

const waitOf = (query: Query | undefined): number =>
  typeof query?.['wait'] === 'string' && query['index'] !== undefined ? parseWait(query['wait']) : 0;

/** A client of one of our services; no redirects, no proxy from the environment. */
export const createClient = ({ baseUrl, token, timeoutMs }: ClientOptions): HttpClient => {
  const http = axios.create({
    baseURL: baseUrl,
    proxy: false,
    maxRedirects: 0,
    maxContentLength: bodyLimitBytes,
    validateStatus: () => true,
    headers: token ? { Authorization: `Bearer ${token}` } : {},
  });
  const ask = async <S extends z.ZodType>(
    method: string,
    path: string,
    schema: S,
    { query, body, signal, accept, headers }: SendOptions,
  ): Promise<Answer<z.output<S>>> => {
    const url = `${baseUrl}${path}`;
    const timeout = timeoutMs + waitOf(query);
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
  return {
    get: (path, schema, options = {}) => ask('GET', path, schema, options),
    send: (method, path, schema, options = {}) => ask(method, path, schema, options),
  };
};
