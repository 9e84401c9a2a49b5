/**
 * What the engine's windows would say of a simulated page: the same readings as `engine/derive/observe.ts` makes of real
 * samples, without text, labels and queries, which cost ten times as much. A test holds the two against each other.
 */
import { scoringWindowMs, type MetricName, type MetricPolicy, type ServicePolicy } from '../../config/index.js';
import type { RotationMark } from '../../engine/client/index.js';
import { evidenceOf, windowsFor } from '../../engine/derive/index.js';
import type { Observation, Reading } from '../../engine/model.js';
import { ageAt, increase, type Process, type Row, served } from './process.js';

const absent = (absence: Extract<Reading, { kind: 'absent' }>['absence'], since: number): Reading => ({
  kind: 'absent',
  absence,
  since,
});

const tooFew = (rows: readonly Row[], afterMs: number | null): boolean =>
  rows.length < 2 || (afterMs !== null && (rows[0]?.at ?? 0) <= afterMs);

const windows = new Map<number, readonly number[]>();

const windowsOf = (intervalMs: number): readonly number[] => {
  const known = windows.get(intervalMs) ?? windowsFor(intervalMs);
  windows.set(intervalMs, known);
  return known;
};

const ratioOf = (rows: readonly Row[], intervalMs: number, afterMs: number | null): Reading => {
  const at = rows[0]?.at ?? 0;
  if (tooFew(rows, afterMs)) return absent('warming-up', at);
  const bound = afterMs === null ? Infinity : ageAt(rows, afterMs);
  let [worst, total] = [0, 0];
  for (const windowMs of windowsOf(intervalMs)) {
    const age = Math.min(bound, ageAt(rows, at - windowMs + intervalMs / 2));
    const bad = increase(rows, age, (row) => row.bad);
    total = increase(rows, age, (row) => row.good + row.bad);
    worst = Math.max(worst, evidenceOf(bad, total));
  }
  return total === 0 ? absent('too-little-traffic', at) : { kind: 'value', value: worst, sampledAt: at };
};

const stallOf = (rows: readonly Row[], atLeast: number, afterMs: number | null): Reading => {
  const [row, before] = rows;
  const at = row?.at ?? 0;
  if (!row || !before || tooFew(rows, afterMs)) return absent('warming-up', at);
  const stands = row.inFlight >= atLeast && before.inFlight >= atLeast && increase(rows, 1, served) === 0;
  return { kind: 'value', value: stands ? 1 : 0, sampledAt: at };
};

const queryOf = (metric: MetricPolicy, rows: readonly Row[], intervalMs: number, afterMs: number | null): Reading => {
  const [row] = rows;
  const value = row?.values.get(metric.name);
  if (!row || value === undefined) return absent('never-exposed', row?.at ?? 0);
  if (metric.minTraffic) {
    if (tooFew(rows, afterMs)) return absent('warming-up', row.at);
    const windowMs = scoringWindowMs(intervalMs);
    const age = Math.min(ageAt(rows, row.at - windowMs), afterMs === null ? Infinity : ageAt(rows, afterMs));
    const perSecond = increase(rows, age, served) / (windowMs / 1_000);
    if (perSecond < metric.minTraffic.atLeast) return absent('too-little-traffic', row.at);
  }
  return { kind: 'value', value, sampledAt: row.at };
};

const movedWithinMs = [15_000, 30_000] as const;

/** The pages that a value is compared with to see whether it moves: the newest that are so old. */
const earlierRows = (rows: readonly Row[], now: number): readonly Row[] =>
  movedWithinMs.flatMap((ago) => rows.find(({ at }) => at <= now - ago) ?? []);

/** As `engine/derive/moving.ts` says it: more than a twentieth of the band within 15 or 30 s. */
const isMoving = (metric: MetricPolicy, value: number, earlier: readonly Row[]): boolean => {
  if (metric.minTraffic || metric.source.kind !== 'query') return false;
  const limit = 0.05 * Math.abs(metric.critical - metric.good);
  for (const { values } of earlier) {
    const before = values.get(metric.name);
    if (before !== undefined && Math.abs(value - before) > limit) return true;
  }
  return false;
};

const readingOf = (metric: MetricPolicy, rows: readonly Row[], intervalMs: number, afterMs: number | null): Reading => {
  const { source } = metric;
  switch (source.kind) {
    case 'ratio':
      return ratioOf(rows, intervalMs, afterMs);
    case 'stall':
      return stallOf(rows, source.atLeast, afterMs);
    default:
      return queryOf(metric, rows, intervalMs, metric.minTraffic ? afterMs : null);
  }
};

/** One evaluation's observation; of traffic only what came after the mark. */
export const observeProcess = (
  process: Process,
  { metrics, scrape, scoring }: ServicePolicy,
  mark: RotationMark | null,
  now: number,
): Observation => {
  const { rows, instance, up } = process;
  const afterMs = mark !== null && mark.state !== 'out' ? mark.since : null;
  const newest = rows[0]?.at ?? -Infinity;
  const silenced = up.last === 'refused';
  const stale = now - newest > scoring.staleIntervals * scrape.intervalMs;
  const earlier = earlierRows(rows, now);
  const readings = new Map<MetricName, Reading>();
  const moving = new Set<MetricName>();
  for (const metric of metrics) {
    if (metric.source.kind === 'up') continue;
    const reading =
      rows.length === 0 || silenced || stale
        ? absent(rows.length === 0 || silenced ? 'missing' : 'stale', newest)
        : readingOf(metric, rows, scrape.intervalMs, afterMs);
    readings.set(metric.name, reading);
    if (reading.kind === 'value' && isMoving(metric, reading.value, earlier)) moving.add(metric.name);
  }
  return {
    instance,
    readings,
    up,
    requests: rows.length === 0 ? null : process.requestsSince(mark?.since ?? -Infinity),
    inFlight: silenced || stale ? null : (rows[0]?.inFlight ?? null),
    processStartedAt: process.alive ? process.startedAt : null,
    moving,
  };
};
