import { readFile } from 'node:fs/promises';
import { Agent } from 'undici';
import type { PrometheusPolicy } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import { messageOf, toError } from '../../lib/errors.js';
import { TlsReader, type TlsMaterial } from '../../lib/tls.js';
import type { Scrape, ScrapeOutcome, Target } from '../model.js';
import { readAnswer } from './answer.js';

/** Questions to one server at once; more wait for their turn. */
const connections = 8;
const keepAliveMs = 75_000;
/** Longer than the longest interval. */
const idleMs = 1_800_000;

interface Server {
  readonly tls: TlsReader | null;
  material: TlsMaterial | null;
  agent: Agent;
  usedAt: number;
}

type Question = NonNullable<Target['question']>;

/** Asks Prometheus servers. Never throws for what a server does, nor for a file that cannot be read: that is the outcome. */
export class PrometheusReader {
  readonly #servers = new Map<string, Server>();

  constructor(private readonly clock: Clock) {}

  /** Rejects only with the signal's own reason. */
  async fetch(target: Target, question: Question, signal: AbortSignal): Promise<Scrape> {
    signal.throwIfAborted();
    const startedAt = this.clock.now();
    const begun = this.clock.mono();
    const over = new AbortController();
    const end = (): void => over.abort();
    signal.addEventListener('abort', end, { once: true });
    const late = this.clock.sleep(target.timeoutMs, over.signal).then(
      () => over.abort(new Late(`no answer within ${target.timeoutMs} ms`)),
      () => undefined,
    );
    const outcome = await this.#ask(target, question, over.signal).catch(failure);
    signal.removeEventListener('abort', end);
    end();
    await late;
    signal.throwIfAborted();
    return { target: target.key, startedAt, durationMs: this.clock.mono() - begun, outcome };
  }

  async close(): Promise<void> {
    const servers = [...this.#servers.values()];
    this.#servers.clear();
    await Promise.all(servers.map(({ agent }) => agent.destroy()));
  }

  async #ask(target: Target, { server, promql }: Question, signal: AbortSignal): Promise<ScrapeOutcome> {
    const headers = await headersOf(server);
    const agent = await this.#agentOf(server);
    const askedAt = this.clock.now();
    const url = new URL(target.url);
    const { statusCode, body } = await agent.request({
      origin: url.origin,
      path: url.pathname,
      method: 'POST',
      headers,
      body: formOf(server, promql),
      signal,
    });
    const text = await readBody(body, target.bodyLimitBytes);
    return readAnswer(statusCode, text, { target, askedAt });
  }

  /** One pool per server; another one once its certificates were renewed. */
  async #agentOf({ url, tls }: PrometheusPolicy): Promise<Agent> {
    const key = JSON.stringify([url, tls]);
    const known = this.#servers.get(key);
    const reader = known?.tls ?? (tls === null ? null : new TlsReader(tls));
    const material = await (reader?.current() ?? Promise.resolve(null)).catch((thrown: unknown) => {
      throw new Unfit(`a certificate cannot be read: ${messageOf(thrown)}`);
    });
    this.#sweep();
    const usedAt = this.clock.mono();
    if (known?.material === material) {
      known.usedAt = usedAt;
      return known.agent;
    }
    const agent = new Agent({
      connections,
      pipelining: 1,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      connect: { ...material },
    });
    this.#servers.set(key, { tls: reader, material, agent, usedAt });
    void known?.agent.close();
    return agent;
  }

  /** Policies change: servers that nobody asked for long are given up. */
  #sweep(): void {
    for (const [key, { agent, usedAt }] of this.#servers) {
      if (this.clock.mono() - usedAt < idleMs) continue;
      this.#servers.delete(key);
      void agent.close();
    }
  }
}

/** What no answer of the server's would mend. */
class Unfit extends Error {}

class Late extends Error {}

const secretOf = async (path: string, what: string): Promise<string> => {
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    throw new Unfit(`the ${what} cannot be read: ${messageOf(thrown)}`);
  });
  const secret = text.replace(/[\r\n]+$/, '');
  if (!/^[^\p{Cc}]+$/u.test(secret)) throw new Unfit(`the ${what} ${path} holds no single line of text`);
  return secret;
};

const headersOf = async ({ tokenFile, basicAuth, headers }: PrometheusPolicy): Promise<Record<string, string>> => {
  const all: Record<string, string> = {
    ...headers,
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': 'ballast-engine',
  };
  if (tokenFile !== null) all['authorization'] = `Bearer ${await secretOf(tokenFile, 'token file')}`;
  if (basicAuth !== null) {
    const password = await secretOf(basicAuth.passwordFile, 'password file');
    all['authorization'] = `Basic ${Buffer.from(`${basicAuth.username}:${password}`).toString('base64')}`;
  }
  return all;
};

const formOf = ({ timeoutMs, maxAgeMs }: PrometheusPolicy, promql: string): string =>
  new URLSearchParams({
    query: promql,
    timeout: `${timeoutMs}ms`,
    ...(maxAgeMs === null ? {} : { lookback_delta: `${maxAgeMs}ms` }),
  }).toString();

const readBody = async (body: AsyncIterable<Buffer>, limit: number): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) throw new Unfit(`the answer is larger than the limit of ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString('utf8');
};

const causesOf = (error: Error): readonly Error[] => [
  error,
  ...(error.cause instanceof Error ? causesOf(error.cause) : []),
  ...(error instanceof AggregateError ? error.errors.filter((each) => each instanceof Error).flatMap(causesOf) : []),
];

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '');

const isTls = (code: string): boolean => /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code);

/** Whatever keeps a server from answering leaves what was known until it is too old; what only a person can mend does not. */
const failure = (thrown: unknown): ScrapeOutcome => {
  const error = toError(thrown);
  if (error instanceof Unfit) return { kind: 'unreadable', why: error.message };
  const codes = causesOf(error).map(codeOf);
  if (codes.includes('ECONNREFUSED')) return { kind: 'refused', why: 'connection refused' };
  const tls = causesOf(error).find((each) => isTls(codeOf(each)));
  if (tls) return { kind: 'unreadable', why: `its certificate is not believed: ${tls.message}` };
  return { kind: 'lost', why: error.message };
};
