/**
 * Names as Micrometer gives them for Prometheus, so that one preset serves `/actuator/prometheus` and `/actuator/metrics`.
 * Source: Micrometer's PrometheusNamingConvention and PrometheusMeterRegistry.
 */
import type { Meter } from './wire.js';

const letterFirst = (text: string): string => (/^[a-zA-Z]/.test(text) ? text : `m_${text}`);

/** `jvm.memory.used` is `jvm_memory_used`, before its unit and what it measures are added. */
export const stemOf = (name: string): string => letterFirst(name.replace(/[^a-zA-Z0-9_:]/g, '_'));

export const labelOf = (tag: string): string => letterFirst(tag.replace(/[^a-zA-Z0-9_]/g, '_'));

/** Timers are told in seconds. */
const seconds: Readonly<Record<string, number>> = {
  nanoseconds: 1e-9,
  microseconds: 1e-6,
  milliseconds: 1e-3,
  seconds: 1,
  minutes: 60,
  hours: 3600,
};

const ended = (stem: string, ending: string): string => (stem.endsWith(`_${ending}`) ? stem : `${stem}_${ending}`);

/** What each statistic of a meter is called; several names where versions of Micrometer differ. */
const suffixes = {
  timer: { COUNT: ['_count'], TOTAL_TIME: ['_sum'], MAX: ['_max'] },
  summary: { COUNT: ['_count'], TOTAL: ['_sum'], MAX: ['_max'] },
  tasks: {
    ACTIVE_TASKS: ['_active_count', '_count', '_gcount'],
    DURATION: ['_duration_sum', '_sum', '_gsum'],
    MAX: ['_max'],
  },
  counter: { COUNT: [''] },
  gauge: { VALUE: [''], UNKNOWN: [''] },
} as const satisfies Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

type Kind = keyof typeof suffixes;

const kindOf = (statistics: ReadonlySet<string>): Kind => {
  if (statistics.has('ACTIVE_TASKS')) return 'tasks';
  if (statistics.has('TOTAL_TIME')) return 'timer';
  if (statistics.has('TOTAL')) return 'summary';
  return statistics.has('COUNT') ? 'counter' : 'gauge';
};

const baseOf = (stem: string, kind: Kind, unit: string): string => {
  if (kind === 'timer' || kind === 'tasks') return ended(stem, 'seconds');
  const base = unit === '' ? stem : ended(stem, unit.replace(/[^a-zA-Z0-9_:]/g, '_'));
  return kind === 'counter' ? ended(base, 'total') : base;
};

const timed = new Set(['TOTAL_TIME', 'DURATION', 'MAX']);

/** The values of a meter's page by their names for Prometheus. */
export const valuesOf = (name: string, { baseUnit, measurements }: Meter): ReadonlyMap<string, number> => {
  const kind = kindOf(new Set(measurements.map(({ statistic }) => statistic)));
  const unit = baseUnit ?? '';
  const base = baseOf(stemOf(name), kind, unit);
  const scale = kind === 'timer' || kind === 'tasks' ? (seconds[unit] ?? 1) : 1;
  const byStatistic: Readonly<Record<string, readonly string[]>> = suffixes[kind];
  const values = new Map<string, number>();
  for (const { statistic, value } of measurements)
    for (const suffix of Object.hasOwn(byStatistic, statistic) ? (byStatistic[statistic] ?? []) : [])
      values.set(base + suffix, timed.has(statistic) ? value * scale : value);
  return values;
};
