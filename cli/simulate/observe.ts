/**
 * What the engine's windows would say of a simulated page: the same readings as `engine/derive/observe.ts` makes of real
 * samples, without text, labels and queries, which cost ten times as much. A test holds the two against each other.
 */
import { scoringWindowMs, type MetricName, type MetricPolicy, type ServicePolicy } from '../../config/index.js';
import type { RotationMark } from '../../engine/client/index.js';
import { evidenceOf, windowsFor } from '../../engine/derive/index.js';
import type { Observation, Reading } from '../../engine/model.js';
import { ageAt, type Process, type Row } from './process.js';

/** A value stands on its page, or in a Prometheus server's answer. */
const readByQuery = ({ source }: MetricPolicy): boolean => source.kind === 'query' || source.kind === 'prometheus';

export const queriedOf = ({ metrics }: Pick<ServicePolicy, 'metrics'>): readonly MetricPolicy[] =>
  metrics.filter(readByQuery);

/** What is asked of every page of a service: worked out once. */
interface Asked {
  readonly metric: MetricPolicy;
  /** Its place among a row's values; -1: it is counted. */
  readonly place: number;
}

interface Questions {
  readonly asked: readonly Asked[];
  readonly byName: ReadonlyMap<MetricName, Asked>;
  /** Evidence windows. */
  readonly windows: readonly number[];
}

const known = new WeakMap<ServicePolicy, Questions>();

const questionsOf = (policy: ServicePolicy): Questions => {
  const before = known.get(policy);
  if (before) return before;
  const queried = queriedOf(policy);
  const asked = policy.metrics
    .filter(({ source }) => source.kind !== 'up')
    .map((metric) => ({ metric, place: queried.indexOf(metric) }));
  const byName = new Map(asked.map((each) => [each.metric.name, each]));
  const questions = { asked, byName, windows: windowsFor(policy.scrape.intervalMs) };
  known.set(policy, questions);
  return questions;
};

const absent = (absence: Extract<Reading, { kind: 'absent' }>['absence'], since: number): Reading => ({
  kind: 'absent',
  absence,
  since,
});

const tooFew = (rows: readonly Row[], afterMs: number | null): boolean =>
  rows.length < 2 || (afterMs !== null && (rows[0]?.at ?? 0) <= afterMs);

const ratioOf = (
  rows: readonly Row[],
  windows: readonly number[],
  intervalMs: number,
  afterMs: number | null,
): Reading => {
  const [newest] = rows;
  if (!newest || tooFew(rows, afterMs)) return absent('warming-up', newest?.at ?? 0);
  const { at } = newest;
  const bound = afterMs === null ? Infinity : ageAt(rows, afterMs);
  let worst = 0;
  let total = 0;
  for (const windowMs of windows) {
    const from = rows[Math.min(bound, ageAt(rows, at - windowMs + intervalMs / 2))] ?? newest;
    total = newest.allServed - from.allServed;
    worst = Math.max(worst, evidenceOf(newest.allBad - from.allBad, total));
  }
  return total === 0 ? absent('too-little-traffic', at) : { kind: 'value', value: worst, sampledAt: at };
};

const stallOf = (rows: readonly Row[], atLeast: number, afterMs: number | null): Reading => {
  const row = rows[0];
  const before = rows[1];
  const at = row?.at ?? 0;
  if (!row || !before || tooFew(rows, afterMs)) return absent('warming-up', at);
  const stands = row.inFlight >= atLeast && before.inFlight >= atLeast && row.allServed === before.allServed;
  return { kind: 'value', value: stands ? 1 : 0, sampledAt: at };
};

const queryOf = (
  { metric, place }: Asked,
  rows: readonly Row[],
  intervalMs: number,
  afterMs: number | null,
): Reading => {
  const row = rows[0];
  const value = row?.values[place];
  if (!row || value === undefined) return absent('never-exposed', row?.at ?? 0);
  if (metric.minTraffic) {
    if (tooFew(rows, afterMs)) return absent('warming-up', row.at);
    const windowMs = scoringWindowMs(intervalMs);
    const age = Math.min(ageAt(rows, row.at - windowMs), afterMs === null ? Infinity : ageAt(rows, afterMs));
    const perSecond = (row.allServed - (rows[age] ?? row).allServed) / (windowMs / 1_000);
    if (perSecond < metric.minTraffic.atLeast) return absent('too-little-traffic', row.at);
  }
  return { kind: 'value', value, sampledAt: row.at };
};

const movedWithinMs = [15_000, 30_000] as const;

/**
 * As `engine/derive/moving.ts` says it: more than a twentieth of the band within 15 or 30 s, by the newest pages that are
 * so old. Asked only of what is not well.
 */
class Moving {
  constructor(
    private readonly questions: Questions,
    private readonly process: Process,
    private readonly readings: Observation['readings'],
    private readonly now: number,
  ) {}

  has(name: MetricName): boolean {
    const asked = this.questions.byName.get(name);
    const reading = this.readings.get(name);
    if (!asked || reading?.kind !== 'value') return false;
    const { metric, place } = asked;
    if (metric.minTraffic || metric.source.kind !== 'query') return false;
    const limit = 0.05 * Math.abs(metric.critical - metric.good);
    return movedWithinMs.some((ago) => {
      const before = this.process.rows.find(({ at }) => at <= this.now - ago)?.values[place];
      return before !== undefined && Math.abs(reading.value - before) > limit;
    });
  }
}

const readingOf = (
  asked: Asked,
  rows: readonly Row[],
  windows: readonly number[],
  intervalMs: number,
  afterMs: number | null,
): Reading => {
  const { metric } = asked;
  const { source } = metric;
  switch (source.kind) {
    case 'ratio':
      return ratioOf(rows, windows, intervalMs, afterMs);
    case 'stall':
      return stallOf(rows, source.atLeast, afterMs);
    default:
      return queryOf(asked, rows, intervalMs, metric.minTraffic ? afterMs : null);
  }
};

/** One evaluation's observation; of traffic only what came after the mark. Good until the next one of this process. */
export const observeProcess = (
  process: Process,
  policy: ServicePolicy,
  mark: RotationMark | null,
  now: number,
): Observation => {
  const { scrape, scoring } = policy;
  const { rows, instance, up, readings } = process;
  const questions = questionsOf(policy);
  const afterMs = mark !== null && mark.state !== 'out' ? mark.since : null;
  const newest = rows[0]?.at ?? -Infinity;
  const silenced = up.last === 'refused';
  const stale = now - newest > scoring.staleIntervals * scrape.intervalMs;
  const isUnread = rows.length === 0 || silenced || stale;
  const nothing = isUnread ? absent(rows.length === 0 || silenced ? 'missing' : 'stale', newest) : null;
  for (const asked of questions.asked)
    readings.set(asked.metric.name, nothing ?? readingOf(asked, rows, questions.windows, scrape.intervalMs, afterMs));
  return {
    instance,
    readings,
    up,
    requests: rows.length === 0 ? null : process.requestsSince(mark?.since ?? -Infinity),
    inFlight: silenced || stale ? null : (rows[0]?.inFlight ?? null),
    processStartedAt: process.alive ? process.startedAt : null,
    moving: new Moving(questions, process, readings, now),
  };
};
