import type Consul from 'consul';
import { z } from 'zod';
import { type Clock, systemClock } from '../clock.js';
import { BallastError } from '../errors.js';
import { openConnection } from './connection.js';
import { call } from './transport.js';
import type { ConsulAccess, ConsulConnection, KvAccess, KvEntry, PutOptions, SessionAccess } from './types.js';
import { runWatch } from './watch.js';
import { type Ask, type AskToWait, type Read, short, Watches } from './watches.js';

/** For an answer that does not wait. Shorter than any lock-delay, so that a write cannot outlive the lock it was made under. */
const requestMs = 5_000;

const rawKv = z.object({
  Key: z.string(),
  Value: z.string().nullish(),
  ModifyIndex: z.number(),
  LockIndex: z.number(),
  Flags: z.number(),
  Session: z.string().optional(),
});

const toKv = (raw: z.infer<typeof rawKv>): KvEntry => ({
  key: raw.Key,
  value: raw.Value ?? '',
  modifyIndex: raw.ModifyIndex,
  lockIndex: raw.LockIndex,
  session: raw.Session ?? null,
  flags: raw.Flags,
});

const unreadable = (url: string, thrown: unknown): BallastError => {
  const why = thrown instanceof z.ZodError ? z.prettifyError(thrown) : String(thrown);
  return new BallastError('CONSUL_UNREADABLE', `Consul at ${url} answered something else: ${why}`, {
    hint: 'is that really Consul?',
    cause: thrown,
  });
};

const parseOne = (body: unknown): KvEntry | null => (body === undefined ? null : toKv(rawKv.parse(body)));
const parseMany = (body: unknown): readonly KvEntry[] =>
  body === undefined ? [] : z.array(rawKv).parse(body).map(toKv);
const parseFlag = (body: unknown): boolean => z.boolean().parse(body);

/** A wait of Consul's, and how long to be patient for its end: it adds up to a sixteenth. */
const waiting = (index: number, waitMs: number) => ({ index: String(index), wait: `${Math.ceil(waitMs)}ms` });
const patience = (waitMs: number): number => waitMs + waitMs / 16 + requestMs;

const createKv = (consul: Consul, ask: Ask, parse: Read): KvAccess => ({
  get: async (key, signal) => parse(parseOne, await ask((o) => consul.kv.get({ ...o, key }), { signal })),
  getConsistent: async (key, signal) => {
    const options = { key, consistent: true };
    return parse(parseOne, await ask((o) => consul.kv.get({ ...o, ...options }), { signal }));
  },
  wait: async (key, index, waitMs, signal) => {
    const options = { key, ...waiting(index, waitMs) };
    const reply = await ask((o) => consul.kv.get({ ...o, ...options }), { timeoutMs: patience(waitMs), signal });
    return { entry: await parse(parseOne, reply), index: reply.index };
  },
  list: async (prefix, { consistent = false, signal } = {}) => {
    const options = { key: prefix, recurse: true, consistent };
    return parse(parseMany, await ask((o) => consul.kv.get({ ...o, ...options }), { signal }));
  },
  put: async (key, value, { signal, ...conditions }: PutOptions = {}) =>
    parse(parseFlag, await ask((o) => consul.kv.set({ ...o, ...conditions, key, value }), { signal })),
  delete: async (key, cas, signal) => {
    const condition = cas === undefined ? {} : { cas };
    return parse(parseFlag, await ask((o) => consul.kv.del({ ...o, ...condition, key }), { signal }));
  },
});

const createSession = (consul: Consul, ask: Ask, parse: Read): SessionAccess => ({
  create: async ({ name, ttlMs, lockDelayMs, signal }) => {
    const options = { name, ttl: `${ttlMs}ms`, lockdelay: `${lockDelayMs}ms`, behavior: 'release' as const };
    const reply = await ask((o) => consul.session.create({ ...o, ...options }), { signal });
    return parse((body) => z.object({ ID: z.string() }).parse(body).ID, reply);
  },
  renew: async (id, signal) => {
    try {
      await ask((o) => consul.session.renew({ ...o, id }), { signal });
      return true;
    } catch (thrown) {
      if (thrown instanceof BallastError && thrown.status === 404) return false;
      throw thrown;
    }
  },
  destroy: async (id, signal) => void (await ask((o) => consul.session.destroy({ ...o, id }), { signal })),
});

export interface ConsulParts {
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Services that are followed by a blocking query each; the others share a few. An agent grants a client 200 connections. */
  readonly dedicatedWatches?: number;
}

/** The only door to Consul. */
export const createConsul = (
  connection: ConsulConnection,
  { clock = systemClock, random = Math.random, dedicatedWatches = 64 }: ConsulParts = {},
): ConsulAccess => {
  const { consul, credentials } = openConnection(connection);
  const { url } = connection;
  const ask: Ask = async (method, limits = {}) => {
    const own = await credentials();
    return call(url, (options) => method({ ...options, ...own }), { timeoutMs: requestMs, ...limits });
  };
  const parse: Read = async (parser, { body }) => {
    try {
      return await parser(body);
    } catch (thrown) {
      throw unreadable(url, thrown);
    }
  };
  const askToWait: AskToWait = async (method, { hear, glance }, { index, waitMs, stale }, signal) => {
    const question = { ...waiting(index, waitMs), stale };
    const reply = await ask((o) => method({ ...o, ...question }), { timeoutMs: patience(waitMs), signal });
    return {
      read: () => parse(hear, reply),
      glance: () => {
        try {
          glance(reply.body);
        } catch (thrown) {
          throw unreadable(url, thrown);
        }
      },
      index: reply.index,
      lastContactMs: reply.lastContactMs,
    };
  };
  const watches = new Watches({ consul, ask, parse, askToWait, clock, random, dedicated: dedicatedWatches });

  return {
    url,
    kv: createKv(consul, ask, parse),
    session: createSession(consul, ask, parse),
    health: (service, options, signal) => watches.read(service, options, signal),
    watchHealth: (service, options, signal, onEvent) => watches.health(service, options, signal, onEvent),
    watchServices: (options, signal, onEvent) => watches.services(options, signal, onEvent),
    watchKv: (prefix, signal, onEvent) =>
      runWatch(
        {
          ask: (question) =>
            askToWait((o) => consul.kv.get({ ...o, key: prefix, recurse: true }), short(parseMany), question, signal),
          maxStaleMs: null,
          clock,
          random,
        },
        signal,
        onEvent,
      ),
    close: () => consul.destroy(),
  };
};
