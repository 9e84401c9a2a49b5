/** `good` and `critical` of a metric, in the metric's own unit. */
import type { MetricPolicy } from './policy.js';
import { parseDuration, parseShare, parseSize } from './units.js';

export type Unit = MetricPolicy['unit'];
export type Threshold = number | string;

/** A threshold's number and the unit that its suffix names; null when the text is neither number nor unit. */
export const readThreshold = (raw: Threshold): { value: number; unit: Unit | null } | null => {
  if (typeof raw === 'number') return Number.isFinite(raw) ? { value: raw, unit: null } : null;
  const share = parseShare(raw);
  if (share !== null) return { value: share, unit: 'ratio' };
  const ms = parseDuration(raw);
  if (ms !== null) return { value: ms / 1_000, unit: 'seconds' };
  const bytes = parseSize(raw);
  return bytes === null ? null : { value: bytes, unit: 'bytes' };
};

/** The unit of a metric that does not name one: that of its first threshold with a suffix. */
export const inferUnit = (thresholds: readonly (Threshold | undefined)[]): Unit | null => {
  for (const raw of thresholds) {
    const unit = raw === undefined ? null : (readThreshold(raw)?.unit ?? null);
    if (unit !== null) return unit;
  }
  return null;
};

const examples: Record<Unit, string> = {
  none: 'a bare number like 3',
  count: 'a bare number like 3',
  seconds: 'a duration like 250ms',
  ratio: 'a percentage like 5%',
  bytes: 'a size like 512MiB',
};

/** The threshold in `unit`, or what is wrong with it. */
export const thresholdIn = (raw: Threshold, unit: Unit): { value: number } | { wrong: string } => {
  const read = readThreshold(raw);
  if (read === null) return { wrong: `expected ${examples[unit]}, is "${String(raw)}"` };
  if (read.unit !== null && read.unit !== unit) {
    return { wrong: `"${String(raw)}" has the wrong unit: this metric is in ${unit}, so write ${examples[unit]}` };
  }
  return { value: read.value };
};
