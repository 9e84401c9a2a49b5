/**
 * What the people of a simulated fleet would be told: the real fold on each turn of the day, and which of its messages each
 * webhook of their file would be sent, had each been delivered at once.
 */
import type { NotifyConfig, NotifyLevel } from '../../../config/index.js';
import type { Notification } from '../../../scheduler/client/index.js';
import { fold } from '../../../scheduler/notify/fold.js';
import { nothingTold, type NotifyMemory, type Situation, type Trouble } from '../../../scheduler/notify/model.js';
import { endingOf, troublesOf } from '../../../scheduler/notify/situation.js';
import type { Followed } from '../scheduler.js';

export interface Receiver {
  readonly name: string;
  readonly levels: readonly NotifyLevel[];
}

/** Of `notify:`, what decides how many messages there are; plain data. */
export interface Receivers {
  readonly summaryMs: number;
  readonly webhooks: readonly Receiver[];
}

/** Without the addresses and secrets. */
export const receiversOf = ({ summaryMs, webhooks }: NotifyConfig): Receivers => ({
  summaryMs,
  webhooks: webhooks.map(({ name, levels }) => ({ name, levels })),
});

/** What was told of one service, or of everything. */
export interface Told {
  /** Whatever their level, their episode's first, later and last ones. */
  readonly messages: number;
  /** Episodes that called for a person now, by what made them do so. */
  readonly pages: Readonly<Record<string, number>>;
}

export interface DayTold {
  readonly services: ReadonlyMap<string, Told>;
  /** What concerns everything, and summaries. */
  readonly fleet: Told;
  /** Messages to each of the webhooks, in their order. */
  readonly sent: readonly number[];
}

interface Count {
  messages: number;
  readonly pages: Record<string, number>;
}

const blank = (): Count => ({ messages: 0, pages: {} });

/** A day begins with everybody just started, and nobody known: of that nobody is told. */
const startMs = 2 * 60_000;

/** Longer than any trouble needs to be gone to be over, and than any interval of summaries. */
const afterwardsMs = 25 * 3_600_000;

const ofFacts: Readonly<Record<string, string>> = {
  waits: 'APPROVAL',
  ended: 'NOT_VERIFIED',
  quarantine: 'LADDER_SPENT',
};

/** Why a trouble calls for a person: the newest that happened in it, or what it is. */
const causeOf = ({ key, facts }: Trouble): string => {
  const [of = ''] = facts.findLast(({ level }) => level === 'page')?.key.split(':') ?? [];
  return ofFacts[of] ?? key.slice(key.indexOf('/') + 1);
};

export class OnCall {
  /** It stands in Consul: whoever leads goes on with it. */
  private memory: NotifyMemory = nothingTold;
  /** Of who had the lock last, each its own. */
  private readonly alone = new Map<object, NotifyMemory>();
  private last: Situation | null = null;
  private startedAt: number | null = null;
  private readonly paged = new Set<string>();
  private readonly byService = new Map<string, Count>();
  private readonly fleet = blank();
  private readonly sent: number[];

  constructor(
    services: readonly string[],
    private readonly receivers: Receivers,
  ) {
    for (const service of services) this.byService.set(service, blank());
    this.sent = receivers.webhooks.map(() => 0);
  }

  /** After each decision of whoever leads. */
  leads(who: object, situation: Situation): void {
    this.startedAt ??= situation.now;
    if (situation.now - this.startedAt < startMs) return;
    this.last = situation;
    this.memory = this.tell(this.memory, situation, troublesOf(situation));
    this.alone.set(who, this.tell(this.alone.get(who) ?? nothingTold, situation, []));
  }

  /** After each turn of one that is awake and does not lead. */
  follows({ who, at, lockTrouble }: Followed): void {
    const before = this.alone.get(who);
    if (!before || !this.last) return;
    const { world } = this.last;
    const lead = { held: false, token: null, heldSince: null, confirmedAgoMs: null, why: 'does not hold the lock' };
    const situation = { ...this.last, world: { ...world, lead }, now: at, lockTrouble };
    const after = this.tell(before, situation, troublesOf(situation));
    if (lockTrouble === null && after.episodes.size === 0) this.alone.delete(who);
    else this.alone.set(who, after);
  }

  /** The day is over: what still lasts is closed some time, and what was gathered is summed up. */
  end(): DayTold {
    if (this.last) {
      const { now } = this.last;
      for (const at of [now, now + afterwardsMs]) this.memory = this.tell(this.memory, { ...this.last, now: at }, []);
    }
    return { services: this.byService, fleet: this.fleet, sent: this.sent };
  }

  private tell(memory: NotifyMemory, situation: Situation, troubles: readonly Trouble[]): NotifyMemory {
    const teller = { node: 'simulated', token: situation.world.lead.token, link: '', ...this.receivers };
    const folded = fold(memory, troubles, endingOf(situation), teller, situation.now);
    for (const message of folded.messages) this.count(message, troubles);
    return folded.memory;
  }

  private count({ level, event, episode, about: { service } }: Notification, troubles: readonly Trouble[]): void {
    for (const [nth, { levels }] of this.receivers.webhooks.entries())
      if (levels.includes(level)) this.sent[nth] = (this.sent[nth] ?? 0) + 1;
    const count = this.byService.get(service ?? '') ?? this.fleet;
    count.messages += 1;
    if (level !== 'page' || event === 'resolved' || this.paged.has(episode)) return;
    this.paged.add(episode);
    const key = episode.slice(0, episode.lastIndexOf('/'));
    const trouble = troubles.find((one) => one.key === key);
    const cause = trouble ? causeOf(trouble) : key;
    count.pages[cause] = (count.pages[cause] ?? 0) + 1;
  }
}
