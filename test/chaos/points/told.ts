/** Who is told what happens in a play: a webhook's receiver, and what came to it. */
import { type Notification, notificationSchema } from '../../../scheduler/client/index.js';
import { eventually } from '../../support/eventually.js';
import { type Receiver, startReceiver } from '../../support/receiver.js';
import type { Notify } from './ground.js';

/** On the fast clock of the schedulers: sent by whoever takes over, and not much later. */
const summary = '1m';

export class Told implements Notify {
  readonly summary = summary;
  private taken = 0;

  private constructor(
    private readonly receiver: Receiver,
    readonly mode: Notify['mode'],
  ) {}

  static async open(mode: Notify['mode']): Promise<Told> {
    return new Told(await startReceiver(), mode);
  }

  get url(): string {
    return this.receiver.url;
  }

  close(): Promise<void> {
    return this.receiver.stop();
  }

  /** Since the last taking, without what came twice under one id: that it may, and is the same. */
  take(): readonly Notification[] {
    const messages = this.since();
    this.taken = this.receiver.received.length;
    return messages;
  }

  untilTold = (): Promise<unknown> =>
    eventually(
      () =>
        this.since().some(({ event, news }) =>
          this.mode === 'each' ? event === 'resolved' : news.some((text) => text.includes('resolved after')),
        ),
      { timeoutMs: 60_000, everyMs: 50 },
    );

  private since(): readonly Notification[] {
    const messages = this.receiver.received
      .slice(this.taken)
      .map(({ body }) => notificationSchema.decode(JSON.parse(body) as never));
    return messages.filter(({ id }, nth) => messages.findIndex((other) => other.id === id) === nth);
  }
}
