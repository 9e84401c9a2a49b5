/** What many days come to, service by service, and what a person should make of it. */
import type { ReasonCode } from '../../../scheduler/client/index.js';
import type { Fleet } from '../fleet.js';
import type { Counts, UserDay, UserService } from './play.js';

export interface Refusals {
  readonly count: number;
  /** On so many of the days. */
  readonly days: number;
}

export interface ServiceReport {
  readonly service: string;
  readonly instances: number;
  readonly troubles: number;
  readonly acts: number;
  readonly verified: number;
  readonly wrongHeals: number;
  readonly drains: number;
  readonly wrongDrains: number;
  readonly refused: Readonly<Partial<Record<ReasonCode, Refusals>>>;
  readonly pages: Readonly<Partial<Record<ReasonCode, Refusals>>>;
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
  readonly errors: number;
  readonly errorsAlone: number;
}

export interface Report {
  readonly days: number;
  readonly seeds: readonly [from: number, to: number];
  readonly services: readonly ServiceReport[];
  readonly perDay: readonly DayLine[];
  readonly unhealed: readonly string[];
  readonly violations: number;
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

const sum = <T>(list: readonly T[], of: (each: T) => number): number =>
  list.reduce((total, each) => total + of(each), 0);

const merge = (each: readonly Counts[]): ServiceReport['refused'] => {
  const merged: Partial<Record<ReasonCode, Refusals>> = {};
  for (const counts of each)
    for (const [code, count] of Object.entries(counts) as [ReasonCode, number][]) {
      const before = merged[code] ?? { count: 0, days: 0 };
      merged[code] = { count: before.count + count, days: before.days + 1 };
    }
  return merged;
};

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
  pages: merge(days.map(({ pages }) => pages)),
  requests: sum(days, ({ requests }) => requests),
  errors: sum(days, ({ errors }) => errors),
  errorsAlone: sum(days, ({ alone }) => alone.errors),
  illMs: sum(days, ({ illMs }) => illMs),
  illMsAlone: sum(days, ({ alone }) => alone.illMs),
  heldBackMs: sum(days, ({ heldBackMs }) => heldBackMs),
});

const dayLine = ({ seed, troubles, services }: UserDay): DayLine => ({
  seed,
  troubles,
  acts: sum(services, ({ heals }) => heals),
  refused: sum(services, ({ refused }) => totalOf(refused)),
  pages: sum(services, ({ pages }) => totalOf(pages)),
  errors: sum(services, ({ errors }) => errors),
  errorsAlone: sum(services, ({ alone }) => alone.errors),
});

export const reportOf = (policies: Fleet, days: readonly UserDay[]): Report => {
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
    perDay: days.map(dayLine),
    unhealed: days.flatMap(({ seed, unhealed }) => unhealed.map((who) => `day ${seed}: ${who}`)),
    violations: sum(days, ({ violations }) => violations),
    reloads: sum(days, ({ reloads }) => reloads),
  };
};
