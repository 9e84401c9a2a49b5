/** Tells people: what is wrong, as the leader sees it, to every webhook. Never holds up a turn, and never fails one. */
import { isDeepStrictEqual } from 'node:util';
import type { NotifyConfig } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import { BallastError, messageOf, toError } from '../../lib/errors.js';
import type { Log } from '../../lib/log.js';
import type { Notification, Notifications, TestResult } from '../client/index.js';
import { parcelOf, Outbox } from './outbox.js';
import type { Deliver } from './deliver.js';
import { fold } from './fold.js';
import { linksOf } from './message.js';
import { nothingTold, type NotifyMemory, type Situation, type Teller } from './model.js';
import { endingOf, troublesOf } from './situation.js';
import type { ToldStore } from './told.js';

export interface NotifierParts {
  /** In force now. */
  readonly config: () => NotifyConfig;
  readonly told: ToldStore;
  readonly deliver: Deliver;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly node: string;
  /** Where links begin while the configuration names nothing. */
  readonly address: () => string;
}

/** After this the told may stay unread: better said twice than not at all. */
const recallPatienceMs = 30_000;
const testCommand = 'ballast notify list';

export class Notifier {
  private memory: NotifyMemory = nothingTold;
  /** Of who had the lock last, while nobody has it. */
  private alone: NotifyMemory = nothingTold;
  private hadLock = false;
  /** The token under which was read what the leader before told, and since when that is tried. */
  private recalled: number | null = null;
  private recalling: { readonly token: number; readonly since: number } | null = null;
  private outboxes: readonly Outbox[] = [];
  private readonly stops = new Map<Outbox, AbortController>();
  private running: AbortSignal | null = null;
  private readonly runs = new Set<Promise<void>>();

  constructor(private readonly parts: NotifierParts) {}

  /** After each decision. */
  turn(situation: Situation): void {
    try {
      this.reconcile();
      if (situation.world.lead.held) this.lead(situation);
      else this.follow(situation);
    } catch (thrown) {
      this.parts.log.error({ err: toError(thrown) }, 'what is to be told could not be worked out; the turn goes on');
    }
  }

  /** Sends until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.running = signal;
    this.reconcile();
    for (const outbox of this.outboxes) this.start(outbox, signal);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.all(this.runs);
  }

  /** What a person should know, as sentences. */
  troubles(): readonly string[] {
    return this.outboxes.flatMap((outbox) => outbox.view().trouble ?? []);
  }

  view(): Omit<Notifications, 'heartbeat'> {
    return {
      webhooks: this.outboxes.map((outbox) => outbox.view()),
      episodes: [...this.memory.episodes.values(), ...this.alone.episodes.values()],
      gathered: [...this.memory.gathered],
    };
  }

  /** Sends a message at once, past the queue, to one webhook or to all. Throws a BallastError for a name that is none. */
  async test(name?: string): Promise<TestResult> {
    this.reconcile();
    const chosen = this.outboxes.filter(({ config }) => name === undefined || config.name === name);
    if (chosen.length === 0) throw noWebhook(name, this.outboxes);
    const results = chosen.map(async ({ config }) => {
      const message = testMessage(this.teller(null), this.parts.clock.now(), config.name);
      const outcome = await this.parts.deliver(parcelOf(config, message), new AbortController().signal);
      const ok = outcome.kind === 'delivered';
      return { webhook: config.name, ok, text: ok ? `delivered as ${message.id}` : outcome.text };
    });
    return { results: await Promise.all(results) };
  }

  private lead(situation: Situation): void {
    const { token } = situation.world.lead;
    this.hadLock = true;
    if (token === null || !this.isRecalled(token)) return;
    this.memory = this.tell(this.memory, situation, token);
    this.alone = this.tell(this.alone, situation, token, []);
    if (this.outboxes.length === 0) return;
    const about = (service: string | null): boolean => this.outboxes.some((outbox) => outbox.waitsFor(service));
    const summary = (): boolean => this.outboxes.some((outbox) => outbox.waitsForSummary());
    void this.parts.told.keep(this.memory, { about, summary }, token);
  }

  /** Only who had the lock last tells that it is lost, until it can see again who has it. */
  private follow(situation: Situation): void {
    this.recalled = null;
    if (!this.hadLock) return;
    this.alone = this.tell(this.alone, situation, null);
    if (situation.lockTrouble === null && this.alone.episodes.size === 0) this.hadLock = false;
  }

  private tell(memory: NotifyMemory, situation: Situation, token: number | null, troubles = troublesOf(situation)) {
    const folded = fold(memory, troubles, endingOf(situation), this.teller(token), situation.now);
    for (const message of folded.messages) for (const outbox of this.outboxes) outbox.push(message);
    return folded.memory;
  }

  private teller(token: number | null): Teller {
    const { config, node, address } = this.parts;
    const { link, summaryMs } = config();
    return { node, token, link: (link ?? address()).replace(/\/+$/, ''), summaryMs };
  }

  /** Asks once, in the background; meanwhile nothing is told. */
  private isRecalled(token: number): boolean {
    const { told, log, clock } = this.parts;
    if (this.recalled === token) return true;
    if (this.recalling?.token !== token) {
      this.recalling = { token, since: clock.mono() };
      told.recall().then(
        (kept) => {
          if (this.recalling?.token !== token) return;
          this.memory = { ...nothingTold, ...kept };
          this.recalled = token;
        },
        (thrown: unknown) => {
          log.warn({ err: messageOf(thrown) }, 'what the leader before told cannot be read');
        },
      );
    }
    if (clock.mono() - this.recalling.since > recallPatienceMs) this.recalled = token;
    return false;
  }

  /** Webhooks as they are configured now; one that did not change goes on. */
  private reconcile(): void {
    const wanted = this.parts.config().webhooks;
    if (
      wanted.length === this.outboxes.length &&
      wanted.every((config, nth) => isDeepStrictEqual(config, this.outboxes[nth]?.config))
    )
      return;
    const before = this.outboxes;
    this.outboxes = wanted.map(
      (config) => before.find((outbox) => isDeepStrictEqual(outbox.config, config)) ?? this.made(config),
    );
    for (const outbox of before) if (!this.outboxes.includes(outbox)) this.stops.get(outbox)?.abort();
    if (this.running) for (const outbox of this.outboxes) this.start(outbox, this.running);
  }

  private made(config: NotifyConfig['webhooks'][number]): Outbox {
    const { deliver, clock, log, random } = this.parts;
    return new Outbox(config, { deliver, clock, log, random });
  }

  private start(outbox: Outbox, signal: AbortSignal): void {
    if (this.stops.has(outbox)) return;
    const stop = new AbortController();
    this.stops.set(outbox, stop);
    const run = outbox.run(AbortSignal.any([signal, stop.signal])).finally(() => {
      this.stops.delete(outbox);
      this.runs.delete(run);
    });
    this.runs.add(run);
  }
}

const noWebhook = (name: string | undefined, known: readonly Outbox[]): BallastError =>
  new BallastError('NO_WEBHOOK', name === undefined ? 'no webhook is configured' : `no webhook is called ${name}`, {
    status: 404,
    hint:
      known.length === 0
        ? 'ballast.yaml names them under notify.webhooks'
        : `there are: ${known.map(({ config }) => config.name).join(', ')}`,
  });

const testMessage = ({ node, token, link }: Teller, now: number, webhook: string): Notification => ({
  version: 1,
  id: `test/${webhook}/${now}#1`,
  episode: `test/${webhook}/${now}`,
  event: 'test',
  level: 'info',
  at: now,
  since: now,
  about: { kind: 'fleet', service: null, instance: null, owner: null },
  code: null,
  text: `a test by ${node}: this webhook takes messages`,
  news: [],
  numbers: {},
  verdicts: [],
  links: linksOf(link, null, null),
  command: testCommand,
  scheduler: { node, token },
});
