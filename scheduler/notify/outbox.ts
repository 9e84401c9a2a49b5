/** What waits for one webhook. */
import { z } from 'zod';
import type { WebhookConfig } from '../../config/index.js';
import { Bell } from '../../lib/bell.js';
import type { Clock } from '../../lib/clock.js';
import type { Log } from '../../lib/log.js';
import { backoff, pause } from '../../lib/loop.js';
import { notificationSchema, type Notification, type WebhookView } from '../client/index.js';
import type { Deliver, Delivery } from './deliver.js';

export interface OutboxParts {
  readonly deliver: Deliver;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1): spreads the tries of many. */
  readonly random: () => number;
}

interface Waiting {
  readonly message: Notification;
  readonly tries: number;
}

/** More episodes than this are more than anybody reads; the least urgent of the oldest go. */
const capacity = 1_000;
/** About four hours of a receiver that answers with errors. */
const maxTries = 240;
const steps = { firstMs: 1_000, maxMs: 60_000 };
const leastWaitMs = 500;
const maxNews = 20;

/**
 * Sends one message after the other, at most one of each episode waiting: the newest state wins. One that fails goes to the
 * end, and all wait for a while, longer each time.
 */
export class Outbox {
  private readonly queue = new Map<string, Waiting>();
  private readonly bell = new Bell();
  private sending: Waiting | null = null;
  private failures = 0;
  private delivered = 0;
  private dropped = 0;
  private lastSuccess: number | null = null;
  private lastFailure: WebhookView['lastFailure'] = null;
  private trouble: string | null = null;

  constructor(
    readonly config: WebhookConfig,
    private readonly parts: OutboxParts,
  ) {}

  push(message: Notification): void {
    if (!this.config.levels.includes(message.level)) return;
    const before = this.queue.get(message.episode);
    this.queue.set(message.episode, { message: before ? supersede(before.message, message) : message, tries: 0 });
    if (this.queue.size > capacity) this.drop(this.leastUrgent(), 'more wait than the queue holds');
    this.bell.ring();
  }

  /** Whether something about this service is not delivered yet; null: about everything. */
  waitsFor(service: string | null): boolean {
    return this.waiting().some(({ message }) => message.about.service === service);
  }

  waitsForSummary(): boolean {
    return this.waiting().some(({ message }) => message.event === 'summary');
  }

  private waiting(): readonly Waiting[] {
    return [...this.queue.values(), ...(this.sending ? [this.sending] : [])];
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.parts;
    while (!signal.aborted) {
      const [next] = this.queue.values();
      if (!next) {
        await this.bell.wait(clock, 60_000, signal);
        continue;
      }
      const waitMs = await this.send(next, signal);
      if (waitMs !== null)
        await pause(clock, Math.max(leastWaitMs, waitMs, backoff(steps, this.failures - 1, random())), signal);
    }
  }

  view(): WebhookView {
    const { name, url, levels, secret } = this.config;
    return {
      name,
      host: hostOf(url),
      levels: [...levels],
      signed: secret !== null,
      waiting: this.queue.size + (this.sending === null ? 0 : 1),
      delivered: this.delivered,
      dropped: this.dropped,
      lastSuccess: this.lastSuccess,
      lastFailure: this.lastFailure,
      trouble: this.trouble,
    };
  }

  /** Null: go on at once; else how long the receiver wants to be left alone at least. */
  private async send(waiting: Waiting, signal: AbortSignal): Promise<number | null> {
    const { message } = waiting;
    this.queue.delete(message.episode);
    this.sending = waiting;
    const delivery = await this.parts.deliver(parcelOf(this.config, message), signal);
    this.sending = null;
    if (signal.aborted) return null;
    return this.note(delivery, waiting);
  }

  private note(delivery: Delivery, waiting: Waiting): number | null {
    const { clock, log } = this.parts;
    const { message } = waiting;
    if (delivery.kind === 'delivered') {
      if (this.trouble !== null) log.info({ webhook: this.config.name }, 'the webhook takes messages again');
      this.failures = 0;
      this.delivered += 1;
      this.lastSuccess = clock.now();
      this.trouble = null;
      return null;
    }
    const told = { webhook: this.config.name, message: message.id, why: delivery.text };
    this.lastFailure = { at: clock.now(), text: delivery.text };
    if (delivery.kind === 'refused') {
      this.trouble = `webhook ${this.config.name} refuses messages: ${delivery.text}`;
      this.dropped += 1;
      log.error(told, 'a webhook refused a message: it is not sent again');
      return null;
    }
    if (this.trouble === null) log.warn(told, 'a webhook cannot be reached; its messages wait');
    this.failures += 1;
    this.again({ message, tries: waiting.tries + 1 }, delivery.text);
    this.trouble = `webhook ${this.config.name} does not take messages: ${delivery.text}; ${this.queue.size} wait`;
    return delivery.afterMs ?? 0;
  }

  private again(waiting: Waiting, why: string): void {
    const { message, tries } = waiting;
    const newer = this.queue.get(message.episode);
    if (newer) this.queue.set(message.episode, { message: supersede(message, newer.message), tries: newer.tries });
    else if (tries < maxTries) this.queue.set(message.episode, waiting);
    else {
      this.dropped += 1;
      this.parts.log.error({ webhook: this.config.name, message: message.id, tries, why }, 'a message was given up');
    }
  }

  private leastUrgent(): string {
    const waiting = [...this.queue.values()];
    const found = ['info', 'warn'].flatMap((level) => waiting.find(({ message }) => message.level === level) ?? [])[0];
    return (found ?? waiting[0])?.message.episode ?? '';
  }

  private drop(episode: string, why: string): void {
    this.queue.delete(episode);
    this.dropped += 1;
    this.parts.log.error({ webhook: this.config.name, episode, why }, 'a message was dropped');
  }
}

/** Where the older was never delivered: an update of what nobody heard of opens it, and no news is lost. */
const supersede = (older: Notification, newer: Notification): Notification => ({
  ...newer,
  event: older.event === 'opened' && newer.event === 'updated' ? 'opened' : newer.event,
  news: [...older.news, ...newer.news].slice(-maxNews),
});

/** The body is made when it is sent: the same for each try. */
export const parcelOf = ({ url, secret, headers }: WebhookConfig, message: Notification) => ({
  ...{ url, secret, headers, method: 'POST' as const, id: message.id },
  body: JSON.stringify(z.encode(notificationSchema, message)),
});

export const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url);
