/** Values as a person reads them. */
import { formatDuration, formatShare, formatSize, trim } from '../config/units.js';
import { absenceWords, type MetricScore } from '../engine/client/index.js';
import type { Reason } from '../scheduler/client/index.js';

/** Three digits are enough for an eye. */
const figure = (value: number): string =>
  Number.isInteger(value) || Math.abs(value) >= 100 ? trim(value, 0) : trim(value, Math.abs(value) >= 1 ? 2 : 3);

const seconds = (value: number): string =>
  Math.abs(value) < 1 ? `${trim(value * 1_000, 1)} ms` : `${trim(value, 2)} s`;

/** A metric's value or threshold in its unit: `8.2 %`, `1.21 s`, `512 MiB`. */
export const formatValue = (value: number, unit: string): string => {
  if (!Number.isFinite(value)) return String(value);
  if (unit === 'ratio') return formatShare(value);
  if (unit === 'seconds') return seconds(value);
  if (unit === 'bytes') return formatSize(value);
  return figure(value);
};

/** A value or a threshold, as one says it of such a metric. */
export const threshold = (value: number, { source, unit }: Pick<MetricScore, 'source' | 'unit'>): string => {
  if (source === 'up') return value > 0 ? 'up' : 'down';
  if (source === 'stall') return value > 0 ? 'stalled' : 'flows';
  return formatValue(value, unit);
};

/** The value, or why there is none; a held one says so. */
export const metricValue = (metric: MetricScore): string => {
  const { value, status, absence } = metric;
  const why = absence === null ? null : absenceWords[absence];
  if (value === null) return `- (${why ?? 'no value'})`;
  const text = threshold(value, metric);
  return status === 'held' ? `${text} (held${why === null ? '' : `: ${why}`})` : text;
};

/** Rounded down: a score of 49.96 is red, and "50" would say otherwise. */
export const score = (value: number | null): string =>
  value === null ? '-' : trim(Math.floor(value * 10 + 1e-6) / 10, 1);

/** `12s ago` is for sentences; a column only needs `12s`. */
export const age = (since: number, now: number): string => formatDuration(Math.max(0, now - since));

export const reasonText = ({ code, text }: Reason): string => (text === '' ? code : `${code} ${text}`);

const two = (value: number): string => String(value).padStart(2, '0');

/** The time of day where the reader is; with the date unless it is today. */
export const clockTime = (at: number, now: number): string => {
  const date = new Date(at);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
};
