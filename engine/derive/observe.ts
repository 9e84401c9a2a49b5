/** What one instance's windows say at one moment: a reading for each metric, and what the scheduler asks besides. */
import type { Level, MetricName } from '../../config/index.js';
import type { RotationMark } from '../client/index.js';
import type { Instance, Observation, Reading, UpObservation } from '../model.js';
import { processStart, type CompiledMetric, type CompiledService } from './compile.js';
import { couldAnswer, hasRange } from './exposed.js';
import { freshPages, newest } from './freshness.js';
import { knownSince } from './known-since.js';
import { isMoving } from './moving.js';
import { absent, ask, readQuery, sumOf, tooFewRows } from './query.js';
import { readRatio } from './ratio.js';
import { readStall } from './stall.js';
import type { InstanceWindow } from './store/index.js';
import { Scope } from './scope.js';
import type { PageWindow } from './store/page.js';

export interface ObserveInputs {
  readonly instance: Instance;
  readonly up: UpObservation;
  readonly mark: RotationMark | null;
  readonly now: number;
}

/** A pure read: the same windows and time give the same observation. Metrics of kind `up` are judged from `up` itself. */
export const observe = (
  compiled: CompiledService,
  window: InstanceWindow,
  { instance, up, mark, now }: ObserveInputs,
): Observation => {
  const readings = new Map<MetricName, Reading>();
  const moving = new Set<MetricName>();
  const afterMs = mark !== null && mark.state !== 'out' ? mark.since : null;
  const { staleIntervals } = compiled.policy.scoring;
  const settled = window.pages.every((page) => page.settled);
  for (const metric of compiled.metrics) {
    if (metric.source.kind === 'up') continue;
    const { name, level } = metric.policy;
    const fresh = freshPages(window.ofLevel(level), staleIntervals, now);
    if (fresh.kind === 'absent') {
      readings.set(name, absent(fresh.absence, fresh.since));
      continue;
    }
    const scope = new Scope(fresh.pages, others(window, level, staleIntervals, now));
    const sinceMs = settled ? -Infinity : knownSince(metric, scope);
    const from = metric.traffic && afterMs !== null ? Math.max(afterMs, sinceMs) : sinceMs;
    const reading =
      sinceMs === Infinity
        ? absent('warming-up', newest(scope.own))
        : read(metric, scope, from === -Infinity ? null : from, staleIntervals, now);
    readings.set(name, reading);
    if (reading.kind === 'value' && isMoving(metric, reading.value, scope, now)) moving.add(name);
  }
  const app = window.ofLevel('app');
  return {
    instance,
    readings,
    up,
    requests: requestsOf(compiled, window, mark),
    inFlight: inFlightOf(compiled, app, now),
    processStartedAt: processStartOf(app, now),
    moving,
  };
};

const others = (window: InstanceWindow, level: Level, staleIntervals: number, now: number): readonly PageWindow[] => {
  const fresh = freshPages(
    window.pages.filter((page) => page.level !== level),
    staleIntervals,
    now,
  );
  return fresh.kind === 'fresh' ? fresh.pages : [];
};

const read = (
  metric: CompiledMetric,
  scope: Scope,
  afterMs: number | null,
  staleIntervals: number,
  now: number,
): Reading => {
  const { source } = metric;
  const quiet = tooQuiet(metric, scope, afterMs, now);
  if (quiet) return quiet;
  switch (source.kind) {
    case 'ratio':
      return readRatio(source, scope, afterMs);
    case 'stall':
      return readStall(source, scope, afterMs, now);
    case 'query':
      return readQuery(source.expr, scope, afterMs, staleIntervals * longestInterval(scope.own), now);
    case 'up':
      return absent('missing', now);
  }
};

const longestInterval = (pages: readonly PageWindow[]): number =>
  Math.max(...pages.map(({ intervalMs }) => intervalMs));

/** Below the traffic that a metric asks for it says nothing. Null: there is enough, or it does not ask. */
const tooQuiet = (
  { minTraffic, source }: CompiledMetric,
  scope: Scope,
  afterMs: number | null,
  now: number,
): Reading | null => {
  if (!minTraffic) return null;
  const at = newest(scope.own);
  if (source.kind === 'query' && !couldAnswer(source.expr, scope)) return absent('never-exposed', at);
  if (hasRange(minTraffic.expr) && tooFewRows(scope.own, afterMs)) return absent('warming-up', at);
  const asked = ask(minTraffic.expr, scope, afterMs, now);
  const requests = asked ? (sumOf(asked.value) ?? 0) : 0;
  return requests >= minTraffic.atLeast ? null : absent('too-little-traffic', at);
};

const requestsOf = (
  { requests }: CompiledService,
  window: InstanceWindow,
  mark: RotationMark | null,
): number | null => {
  const pages = requests ? window.ofLevel(requests.level).filter(({ lastGoodAt }) => lastGoodAt !== null) : [];
  if (pages.length === 0) return null;
  return pages.reduce((sum, page) => sum + (mark ? page.requestsSince(mark.since) : page.completed), 0);
};

const inFlightOf = ({ inFlight, policy }: CompiledService, app: readonly PageWindow[], now: number): number | null => {
  const fresh = inFlight ? freshPages(app, policy.scoring.staleIntervals, now) : null;
  if (!inFlight || fresh?.kind !== 'fresh') return null;
  const asked = ask(inFlight, new Scope(fresh.pages), null, now);
  const value = asked ? sumOf(asked.value) : undefined;
  return value === undefined || !Number.isFinite(value) ? null : value;
};

const processStartOf = (app: readonly PageWindow[], now: number): number | null => {
  let startedAt: number | null = null;
  const at = Math.max(now, ...app.map(({ lastGoodAt }) => lastGoodAt ?? now));
  const asked = ask(
    { kind: 'instant', selector: processStart, offsetMs: 0, span: { from: 0, to: 0 } },
    new Scope(app),
    null,
    at,
  );
  if (asked?.value.kind === 'vector')
    for (const { value } of asked.value.vector)
      if (Number.isFinite(value)) startedAt = Math.max(startedAt ?? -Infinity, value * 1000);
  return startedAt === null ? null : Math.round(startedAt);
};
