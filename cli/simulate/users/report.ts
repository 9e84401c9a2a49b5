/** What many days come to, service by service, and what a person should make of it. */
import type { ReasonCode } from '../../../scheduler/client/index.js';
import type { UserFleet } from './fleet.js';
import type { Receiver, Told } from './on-call.js';
import type { Counts, UserDay, UserService } from './play.js';

export interface Refusals {
  readonly count: number;
  /** On so many of the days. */
  readonly days: number;
}

/** What people were told of a service, or of everything. */
export interface Telling {
  readonly messages: number;
  /** Episodes that called for a person, by what made them do so. */
  readonly pages: Readonly<Record<string, Refusals>>;
}

export interface ServiceReport extends Telling {
  readonly service: string;
  readonly instances: number;
  readonly troubles: number;
  readonly acts: number;
  readonly verified: number;
  readonly wrongHeals: number;
  readonly drains: number;
  readonly wrongDrains: number;
  readonly refused: Readonly<Partial<Record<ReasonCode, Refusals>>>;
  readonly requests: number;
  readonly errors: number;
  /** Without Ballast. */
  readonly errorsAlone: number;
  readonly illMs: number;
  readonly illMsAlone: number;
  readonly heldBackMs: number;
}

export interface DayLine {
  readonly seed: number;
  readonly troubles: number;
  readonly acts: number;
  readonly refused: number;
  readonly pages: number;
  readonly messages: number;
  readonly errors: number;
  readonly errorsAlone: number;
}

/** A rule that broke, and the days on which it did. */
export interface Broken {
  readonly rule: string;
  readonly seeds: readonly number[];
}

export interface Report {
  readonly days: number;
  readonly seeds: readonly [from: number, to: number];
  readonly services: readonly ServiceReport[];
  /** What is about no single service: storms, the gateway, the engine, Consul, the lock; and summaries. */
  readonly fleet: Telling;
  /** Messages that each webhook of the file would be sent. */
  readonly webhooks: readonly (Receiver & { readonly messages: number })[];
  readonly perDay: readonly DayLine[];
  readonly unhealed: readonly string[];
  readonly broken: readonly Broken[];
  readonly reloads: number;
}

/** They only wait: the step comes later, or the trouble is over before it. */
export const waits: ReadonlySet<string> = new Set([
  'DWELL',
  'UNPROVEN',
  'WARM_UP',
  'NEW_LEADER',
  'UNVERIFIED',
  'BACKOFF',
  'STALE_SCORE',
  'NO_SCORE',
  'NO_QUORUM',
]);

/** Without what only waits. */
export const totalOf = (counts: Counts): number =>
  Object.entries(counts).reduce((total, [code, count]) => total + (waits.has(code) ? 0 : count), 0);

const pagesOf = ({ pages }: Told): number => sum(Object.values(pages), (count) => count);

const sum = <T>(list: readonly T[], of: (each: T) => number): number =>
  list.reduce((total, each) => total + of(each), 0);

const merge = (each: readonly Readonly<Partial<Record<string, number>>>[]): Readonly<Record<string, Refusals>> => {
  const merged: Record<string, Refusals> = {};
  for (const counts of each)
    for (const [code, count = 0] of Object.entries(counts)) {
      const before = merged[code] ?? { count: 0, days: 0 };
      merged[code] = { count: before.count + count, days: before.days + 1 };
    }
  return merged;
};

const tellingOf = (told: readonly Told[]): Telling => ({
  messages: sum(told, ({ messages }) => messages),
  pages: merge(told.map(({ pages }) => pages)),
});

const serviceReport = (instances: number, days: readonly UserService[], service: string): ServiceReport => ({
  service,
  instances,
  troubles: sum(days, ({ troubles }) => troubles),
  acts: sum(days, ({ heals }) => heals),
  verified: sum(days, ({ verified }) => verified),
  wrongHeals: sum(days, ({ wrongHeals }) => wrongHeals),
  drains: sum(days, ({ drains }) => drains),
  wrongDrains: sum(days, ({ wrongDrains }) => wrongDrains),
  refused: merge(days.map(({ refused }) => refused)),
  ...tellingOf(days.map(({ told }) => told)),
  requests: sum(days, ({ requests }) => requests),
  errors: sum(days, ({ errors }) => errors),
  errorsAlone: sum(days, ({ alone }) => alone.errors),
  illMs: sum(days, ({ illMs }) => illMs),
  illMsAlone: sum(days, ({ alone }) => alone.illMs),
  heldBackMs: sum(days, ({ heldBackMs }) => heldBackMs),
});

const dayLine = ({ seed, troubles, services, told }: UserDay): DayLine => ({
  seed,
  troubles,
  acts: sum(services, ({ heals }) => heals),
  refused: sum(services, ({ refused }) => totalOf(refused)),
  pages: pagesOf(told) + sum(services, (service) => pagesOf(service.told)),
  messages: told.messages + sum(services, (service) => service.told.messages),
  errors: sum(services, ({ errors }) => errors),
  errorsAlone: sum(services, ({ alone }) => alone.errors),
});

const brokenOf = (days: readonly UserDay[]): readonly Broken[] =>
  [...new Set(days.flatMap(({ broken }) => broken))].map((rule) => ({
    rule,
    seeds: days.flatMap(({ seed, broken }) => (broken.includes(rule) ? [seed] : [])),
  }));

export const reportOf = (
  { policies, receivers }: Pick<UserFleet, 'policies' | 'receivers'>,
  days: readonly UserDay[],
): Report => {
  const seeds = days.map(({ seed }) => seed);
  return {
    days: days.length,
    seeds: [Math.min(...seeds), Math.max(...seeds)],
    services: policies.map(({ policy, instances }, nth) =>
      serviceReport(
        instances,
        days.flatMap(({ services }) => services[nth] ?? []),
        policy.service,
      ),
    ),
    fleet: tellingOf(days.map(({ told }) => told)),
    webhooks: receivers.webhooks.map((webhook, nth) => ({
      ...webhook,
      messages: sum(days, ({ sent }) => sent[nth] ?? 0),
    })),
    perDay: days.map(dayLine),
    unhealed: days.flatMap(({ seed, unhealed }) => unhealed.map((who) => `day ${seed}: ${who}`)),
    broken: brokenOf(days),
    reloads: sum(days, ({ reloads }) => reloads),
  };
};
