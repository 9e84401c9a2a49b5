import type Consul from 'consul';
import type { Clock } from '../clock.js';
import type { HealthList } from './catalog.js';
import { DatacenterLists, markedWith } from './datacenters.js';
import { digestOf } from './digest.js';
import { contentOf, glanceAtHealth, hearHealth, readHealth } from './health-list.js';
import { parseBad, parseServices } from './services.js';
import { SharedWatch } from './shared.js';
import type { CallLimits, CallOptions, Reply } from './transport.js';
import type { HealthEvent, HealthOptions, HealthWatchOptions, ServicesEvent, StaleOptions } from './types.js';
import { type Heard, runWatch, type WatchEvent, type WatchQuestion, type WatchReply } from './watch.js';

export type Ask = (method: (options: CallOptions) => Promise<unknown>, limits?: Partial<CallLimits>) => Promise<Reply>;
export type Read = <T>(parse: (body: unknown) => T | Promise<T>, reply: Reply) => Promise<T>;

/** How the body of an answer is read: {@link WatchReply}. */
interface Hearing<T> {
  readonly hear: (body: unknown) => Promise<Heard<T>>;
  readonly glance: (body: unknown) => void;
}

export type AskToWait = <T>(
  method: (options: CallOptions & { index: string; wait: string; stale: boolean }) => Promise<unknown>,
  hearing: Hearing<T>,
  question: WatchQuestion,
  signal: AbortSignal,
) => Promise<WatchReply<T>>;

export interface WatchesParts {
  readonly consul: Consul;
  readonly ask: Ask;
  readonly parse: Read;
  readonly askToWait: AskToWait;
  readonly clock: Clock;
  readonly random: () => number;
  /** Services with a blocking query of their own, at most. */
  readonly dedicated: number;
}

/** Of an answer that is never long. */
export const short = <T>(parser: (body: unknown) => T): Hearing<T> => ({
  hear: (body) => {
    const value = parser(body);
    return Promise.resolve({ value, content: digestOf(value) });
  },
  glance: parser,
});

const health: Hearing<HealthList> = { hear: hearHealth, glance: glanceAtHealth };

type OnHealth = (event: HealthEvent) => void;
/** Null: the connection's own. */
type Datacenter = string | null;

const whereOf = (dc: Datacenter): { readonly dc?: string } => (dc === null ? {} : { dc });

const queryOf = (service: string, selector: string | null, dc: Datacenter) => ({
  service,
  ...(selector === null ? {} : { filter: selector }),
  ...whereOf(dc),
});

/** Everything that is followed in the catalog. */
export class Watches {
  readonly #shared = new Map<string, SharedWatch>();
  #dedicated = 0;

  constructor(private readonly parts: WatchesParts) {}

  async read(
    service: string,
    { selector, datacenters = [] }: HealthOptions,
    signal?: AbortSignal,
  ): Promise<HealthList> {
    const { consul, ask, parse } = this.parts;
    const one = async (dc: Datacenter): Promise<HealthList> => {
      const query = queryOf(service, selector, dc);
      const reply = await ask((o) => consul.health.service({ ...o, ...query }), { signal });
      const list = await parse(readHealth, reply);
      return dc === null ? list : { ...list, entries: markedWith(dc, list.entries) };
    };
    if (datacenters.length === 0) return one(null);
    const lists = await Promise.all(datacenters.map(one));
    return { entries: lists.flatMap(({ entries }) => entries), dropped: lists.flatMap(({ dropped }) => dropped) };
  }

  async health(service: string, options: HealthWatchOptions, signal: AbortSignal, onEvent: OnHealth): Promise<void> {
    const { datacenters = [] } = options;
    if (datacenters.length === 0) return this.#one(service, options, null, signal, onEvent);
    const lists = new DatacenterLists(datacenters);
    const take = (datacenter: string, event: HealthEvent): void => {
      const told = lists.take(datacenter, event);
      if (told) onEvent(told);
    };
    await Promise.all(
      datacenters.map((each) => this.#one(service, options, each, signal, (event) => take(each, event))),
    );
  }

  services(options: StaleOptions, signal: AbortSignal, onEvent: (event: ServicesEvent) => void): Promise<void> {
    const { consul, askToWait } = this.parts;
    return this.#run(
      (question) =>
        askToWait(
          (o) => consul.catalog.service.list({ ...o, ...whereOf(null) }),
          short(parseServices),
          question,
          signal,
        ),
      options,
      signal,
      onEvent,
    );
  }

  async #one(
    service: string,
    options: HealthWatchOptions,
    dc: Datacenter,
    signal: AbortSignal,
    onEvent: OnHealth,
  ): Promise<void> {
    if (this.#dedicated >= this.parts.dedicated)
      return this.#sharedOf(dc, options).join(service, options.selector, signal, onEvent);
    this.#dedicated++;
    await this.#follow(service, options, dc, signal, onEvent);
    this.#dedicated--;
  }

  #follow(
    service: string,
    options: HealthWatchOptions,
    dc: Datacenter,
    signal: AbortSignal,
    onEvent: OnHealth,
  ): Promise<void> {
    const { consul, askToWait } = this.parts;
    const query = queryOf(service, options.selector, dc);
    return this.#run(
      (question) => askToWait((o) => consul.health.service({ ...o, ...query }), health, question, signal),
      options,
      signal,
      (event) =>
        onEvent(
          event.kind === 'error' ? event : { ...event, value: event.value.entries, dropped: event.value.dropped },
        ),
    );
  }

  #run<T>(
    ask: (question: WatchQuestion) => Promise<WatchReply<T>>,
    { stale, maxStaleMs }: StaleOptions,
    signal: AbortSignal,
    onEvent: (event: WatchEvent<T>) => void,
  ): Promise<void> {
    const { clock, random } = this.parts;
    return runWatch<T>({ ask, maxStaleMs: stale ? maxStaleMs : null, clock, random }, signal, onEvent);
  }

  #sharedOf(dc: Datacenter, { stale, maxStaleMs }: StaleOptions): SharedWatch {
    const key = JSON.stringify([dc, stale, maxStaleMs]);
    let shared = this.#shared.get(key);
    if (!shared) this.#shared.set(key, (shared = this.#share(dc, { stale, maxStaleMs })));
    return shared;
  }

  #share(dc: Datacenter, options: StaleOptions): SharedWatch {
    const { consul, askToWait, clock, random } = this.parts;
    const where = whereOf(dc);
    return new SharedWatch({
      clock,
      random,
      watchServices: (signal, onEvent) =>
        this.#run(
          async (question) => {
            const reply = await askToWait(
              (o) => consul.catalog.service.list({ ...o, ...where }),
              short(parseServices),
              question,
              signal,
            );
            const { index } = reply;
            // Names and tags may be the same where a service's instances are not: the index itself is the news.
            return { ...reply, read: () => Promise.resolve({ value: index, content: String(index) }) };
          },
          options,
          signal,
          onEvent,
        ),
      watchBad: (state, signal, onEvent) =>
        this.#run(
          (question) =>
            askToWait((o) => consul.health.state({ ...o, ...where, state }), short(parseBad), question, signal),
          options,
          signal,
          onEvent,
        ),
      read: (service, selector, signal) => this.#readFresh(queryOf(service, selector, dc), options, signal),
    });
  }

  /** As the leader knows it; without one, as a server does that heard of one lately. */
  async #readFresh(query: ReturnType<typeof queryOf>, { stale, maxStaleMs }: StaleOptions, signal: AbortSignal) {
    const { consul, ask, parse } = this.parts;
    const read = async (how: { readonly stale: boolean }) => {
      const reply = await ask((o) => consul.health.service({ ...o, ...query, ...how }), { signal });
      const list = await parse(readHealth, reply);
      return { ...list, content: await contentOf(list), index: reply.index, lastContactMs: reply.lastContactMs };
    };
    try {
      return await read({ stale: false });
    } catch (thrown) {
      if (!stale || signal.aborted) throw thrown;
      const list = await read({ stale: true });
      if (list.lastContactMs > maxStaleMs) throw thrown;
      return list;
    }
  }
}
