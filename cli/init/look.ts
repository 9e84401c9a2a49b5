/**
 * Looks at live pages for a while with the engine's own eyes: the same targets, queries and windows, so that what it reads
 * is what the engine will judge.
 */
import { scoringWindowMs, type MetricPolicy, type ServicePolicy } from '../../config/index.js';
import { compileService, createFilters, observe, SeriesStore } from '../../engine/derive/index.js';
import { absenceWords, type Absence } from '../../engine/client/index.js';
import type { Instance, Scrape, SeriesFilter, Target } from '../../engine/model.js';
import { targetsOf } from '../../engine/registry/index.js';
import { neverScraped } from '../../engine/up.js';
import type { Clock } from '../../lib/clock.js';

export type Fetch = (target: Target, filter: SeriesFilter, signal: AbortSignal) => Promise<Scrape>;

export interface World {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** One metric over all instances and all evaluations. */
export interface Seen {
  readonly metric: MetricPolicy;
  readonly values: readonly number[];
  /** That gave any value. */
  readonly instances: number;
  /** On no page of any instance. */
  readonly neverExposed: boolean;
  /** Why there is no value, in words; empty where there is one. */
  readonly why: string;
}

export interface Look {
  readonly seen: readonly Seen[];
  readonly durationMs: number;
  /** Whose own page was read at least once. */
  readonly answered: number;
}

export interface LookOptions {
  readonly forMs: number;
  readonly everyMs: number;
  /** Called before each round, with what is left. */
  readonly progress: (leftMs: number) => void;
}

interface Tally {
  readonly metric: MetricPolicy;
  readonly values: number[];
  readonly instances: Set<string>;
  readonly absences: Map<Absence, number>;
}

const reasonOf = ({ values, absences }: Tally): string => {
  if (values.length > 0) return '';
  const [most] = [...absences].sort(([, a], [, b]) => b - a);
  return most === undefined ? 'not asked' : absenceWords[most[0]];
};

const seenOf = (tally: Tally): Seen => ({
  metric: tally.metric,
  values: tally.values,
  instances: tally.instances.size,
  neverExposed: tally.absences.size > 0 && [...tally.absences.keys()].every((absence) => absence === 'never-exposed'),
  why: reasonOf(tally),
});

/** At most so many pages are asked for at once. */
const concurrency = 16;

/** Works through a list, a few at a time. */
export const each = async <T>(list: readonly T[], work: (item: T) => Promise<void>): Promise<void> => {
  const rest = [...list];
  const worker = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, list.length) }, worker));
};

/** Scrapes all pages again and again, and reads every metric of every instance once its windows have filled. */
export const look = async (
  policy: ServicePolicy,
  instances: readonly Instance[],
  { fetch, clock, signal }: World,
  { forMs, everyMs, progress }: LookOptions,
): Promise<Look> => {
  const compiled = compileService(policy);
  const filterFor = createFilters([compiled]);
  const store = new SeriesStore();
  const begun = clock.mono();
  store.setServices([compiled], clock.now());
  const { targets } = targetsOf([{ policy, instances }]);
  const answered = new Set<string>();
  const tallies = policy.metrics
    .filter(({ source }) => source.kind !== 'up')
    .map((metric): Tally => ({ metric, values: [], instances: new Set(), absences: new Map() }));
  const fillMs = Math.min(scoringWindowMs(everyMs), forMs / 2);
  for (;;) {
    const roundAt = clock.mono();
    progress(Math.max(0, forMs - (roundAt - begun)));
    await each(targets, async (target) => {
      const scrape = await fetch(target, filterFor(target), signal);
      store.apply([target], scrape);
      if (target.level === 'app' && scrape.outcome.kind === 'page') answered.add(target.key);
    });
    if (clock.mono() - begun >= fillMs) for (const instance of instances) take(instance);
    const next = roundAt + everyMs;
    if (next - begun > forMs) break;
    await clock.sleep(Math.max(0, next - clock.mono()), signal);
  }
  return { seen: tallies.map(seenOf), durationMs: clock.mono() - begun, answered: answered.size };

  function take(instance: Instance): void {
    const ref = { service: instance.service, id: instance.id };
    const inputs = { instance, up: neverScraped, mark: null, now: clock.now() };
    const { readings } = observe(compiled, store.window(ref), inputs);
    for (const { metric, values, instances: whose, absences } of tallies) {
      const reading = readings.get(metric.name);
      if (reading?.kind === 'value' && Number.isFinite(reading.value)) {
        values.push(reading.value);
        whose.add(instance.id);
      } else if (reading?.kind === 'absent') {
        absences.set(reading.absence, (absences.get(reading.absence) ?? 0) + 1);
      }
    }
  }
};
