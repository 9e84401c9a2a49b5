/** What one instance's windows say at one moment: a reading for each metric, and what the scheduler asks besides. */
import type { Level, MetricName } from '../../config/index.js';
import type { RotationMark } from '../client/index.js';
import type { Instance, Observation, Reading, UpObservation } from '../model.js';
import { processStart, type CompiledMetric, type CompiledService } from './compile.js';
import { couldAnswer, hasRange } from './exposed.js';
import { freshPages, newest } from './freshness.js';
import { knownSince } from './known-since.js';
import type { MetricPage } from './metric-page.js';
import { isMoving } from './moving.js';
import { absent, ask, readQuery, tooFewRows } from './query.js';
import { readRatio } from './ratio.js';
import { readStall } from './stall.js';
import type { InstanceWindow } from './store/index.js';
import { ScopeView } from './scope-view.js';
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
  const afterMs = mark !== null && mark.state !== 'out' ? mark.since : null;
  const { staleIntervals } = compiled.policy.scoring;
  const settled = window.pages.every((page) => page.settled);
  const scopes = new Scopes(window, staleIntervals, now);
  for (const metric of compiled.metrics) {
    if (metric.source.kind === 'up') continue;
    const { name } = metric.policy;
    const seen = scopes.of(metric.page);
    if (!(seen instanceof Scope)) {
      readings.set(name, seen);
      continue;
    }
    const sinceMs = settled ? -Infinity : knownSince(metric, seen);
    const from = metric.traffic && afterMs !== null ? Math.max(afterMs, sinceMs) : sinceMs;
    const when = { afterMs: from === -Infinity ? null : from, staleIntervals, now };
    const reading = sinceMs === Infinity ? absent('warming-up', newest(seen.own)) : read(metric, seen, window, when);
    readings.set(name, reading);
  }
  const app = window.ofLevel('app');
  return {
    instance,
    readings,
    up,
    requests: requestsOf(compiled, window, mark),
    inFlight: inFlightOf(compiled, app, now),
    processStartedAt: processStartOf(app, now),
    moving: {
      has: (name) => {
        const [reading, metric] = [readings.get(name), compiled.metrics.find(({ policy }) => policy.name === name)];
        const seen = metric && metric.source.kind !== 'up' ? scopes.of(metric.page) : null;
        return metric && reading?.kind === 'value' && seen instanceof Scope
          ? isMoving(metric, reading.value, seen, now)
          : false;
      },
    },
  };
};

/** Metrics of one level see the same: found once for all of them. */
class Scopes {
  readonly #known = new Map<Level, Scope | Reading>();

  constructor(
    readonly window: InstanceWindow,
    readonly staleIntervals: number,
    readonly now: number,
  ) {}

  of(page: MetricPage): Scope | Reading {
    if (page.kind !== 'level') return scopeOf(page, this.window, this.staleIntervals, this.now);
    let known = this.#known.get(page.level);
    if (!known) this.#known.set(page.level, (known = scopeOf(page, this.window, this.staleIntervals, this.now)));
    return known;
  }
}

/** What a metric sees, or why there is nothing to see. */
const scopeOf = (page: MetricPage, window: InstanceWindow, staleIntervals: number, now: number): Scope | Reading => {
  const fresh = freshPages(pagesOf(window, page), staleIntervals, now);
  if (fresh.kind === 'absent') return absent(fresh.absence, fresh.since);
  return new Scope(fresh.pages, page.kind === 'level' ? others(window, page.level, staleIntervals, now) : []);
};

const pagesOf = ({ pages }: InstanceWindow, wanted: MetricPage): readonly PageWindow[] => {
  const [only] = pages;
  return only && pages.length === 1 && isOf(only, wanted) ? pages : pages.filter((each) => isOf(each, wanted));
};

const isOf = ({ key, level }: PageWindow, page: MetricPage): boolean => {
  if (page.kind === 'answer') return key === page.key;
  return level === (page.kind === 'level' ? page.level : page.kind);
};

const none: readonly PageWindow[] = [];

/** An answer stands for its own question only. */
const others = (window: InstanceWindow, level: Level, staleIntervals: number, now: number): readonly PageWindow[] => {
  if (window.pages.every((page) => page.level === level)) return none;
  const fresh = freshPages(
    window.pages.filter((page) => page.level !== level && page.level !== 'prometheus'),
    staleIntervals,
    now,
  );
  return fresh.kind === 'fresh' ? fresh.pages : [];
};

interface When {
  /** What came before says nothing: the rotation mark, or since when the samples are whole. */
  readonly afterMs: number | null;
  readonly staleIntervals: number;
  readonly now: number;
}

const read = (metric: CompiledMetric, scope: Scope, window: InstanceWindow, when: When): Reading => {
  const { source, page } = metric;
  const { afterMs, staleIntervals, now } = when;
  const quiet = tooQuiet(metric, scope, window, when);
  if (quiet) return quiet;
  switch (source.kind) {
    case 'ratio':
      return readRatio(source, scope, afterMs);
    case 'stall':
      return readStall(source, scope, afterMs, now);
    case 'query': {
      const reading = readQuery(source.expr, scope, afterMs, staleIntervals * longestInterval(scope.own), now);
      // An answer without this instance says so as long as it comes: the question may be wrong, which must not pass for well.
      const unnamed = page.kind === 'answer' && reading.kind === 'absent' && reading.absence === 'never-exposed';
      return unnamed ? { ...reading, absence: 'empty' } : reading;
    }
    case 'up':
      return absent('missing', now);
  }
};

const longestInterval = (pages: readonly PageWindow[]): number =>
  Math.max(...pages.map(({ intervalMs }) => intervalMs));

/** Below the traffic that a metric asks for it says nothing. Null: there is enough, or it does not ask. */
const tooQuiet = (
  { minTraffic, source, page }: CompiledMetric,
  own: Scope,
  window: InstanceWindow,
  { afterMs, staleIntervals, now }: When,
): Reading | null => {
  if (!minTraffic) return null;
  const at = newest(own.own);
  if (page.kind === 'level' && source.kind === 'query' && !couldAnswer(source.expr, own))
    return absent('never-exposed', at);
  const scope = page.kind === 'level' ? own : scopeOf(minTraffic.page, window, staleIntervals, now);
  if (!(scope instanceof Scope)) return scope;
  if (hasRange(minTraffic.expr) && tooFewRows(scope.own, afterMs)) return absent('warming-up', at);
  const asked = ask(minTraffic.expr, scope, afterMs, now);
  const requests = asked?.sum;
  // Of a page, no series is no request; of an answer, it may be the question that is wrong.
  if (requests === undefined && page.kind === 'answer') return absent('empty', at);
  return (requests ?? 0) >= minTraffic.atLeast ? null : absent('too-little-traffic', at);
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
  const value = asked?.sum;
  return value === undefined || !Number.isFinite(value) ? null : value;
};

/** The end of the year 9999: what a page says of a later time is no time, and could not be shown as one. */
const latestTime = Date.UTC(10_000, 0) - 1;

const processStartOf = (app: readonly PageWindow[], now: number): number | null => {
  let startedAt = -Infinity;
  let at = now;
  for (const { lastGoodAt } of app) if (lastGoodAt !== null && lastGoodAt > at) at = lastGoodAt;
  new ScopeView(new Scope(app)).instant(processStart, at, (_, value) => {
    if (value * 1000 >= 0 && value * 1000 <= latestTime) startedAt = Math.max(startedAt, value * 1000);
  });
  return startedAt === -Infinity ? null : Math.round(startedAt);
};
