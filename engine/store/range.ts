/** Which resolution answers which part of a range. Pure. */
import { HOUR_MS, MINUTE_MS } from './tiers.js';

export type Resolution = 'raw' | 'minute' | 'hour';

/** What there is of one instance; null: nothing. Times are those of the first evaluation, minute or hour. */
export interface Extent {
  readonly rawFrom: number | null;
  readonly minuteFrom: number | null;
  readonly hourFrom: number | null;
  /** Until when minutes and hours were made of what is finer. */
  readonly minuteUntil: number | null;
  readonly hourUntil: number | null;
}

/** [from, to) */
export interface Part {
  readonly resolution: Resolution;
  readonly from: number;
  readonly to: number;
}

const ceil = (at: number, stepMs: number): number => Math.ceil(at / stepMs) * stepMs;

/** The finer begins where it is there in full, unless there is nothing coarser before it. */
const seam = (fineFrom: number | null, coarseFrom: number | null, stepMs: number): number => {
  if (fineFrom === null) return coarseFrom === null ? -Infinity : Infinity;
  return coarseFrom === null || coarseFrom >= fineFrom ? fineFrom : ceil(fineFrom, stepMs);
};

/** Where minutes give way to raw, and hours to minutes: as coarse as the step allows, and as coarse as what is left. */
const seams = (stepMs: number, extent: Extent): { readonly minute: number; readonly hour: number } => {
  const { rawFrom, minuteFrom, hourFrom, minuteUntil, hourUntil } = extent;
  const minutes = minuteFrom !== null && stepMs >= MINUTE_MS ? minuteUntil : null;
  const hours = hourFrom !== null && stepMs >= HOUR_MS ? hourUntil : null;
  const minute = Math.max(minutes ?? -Infinity, seam(rawFrom, minuteFrom ?? hourFrom, MINUTE_MS));
  const hour = Math.max(hours ?? -Infinity, seam(minuteFrom ?? rawFrom, hourFrom, HOUR_MS));
  return { minute, hour: Math.min(hour, minute) };
};

/** The parts of [start, end) that have anything to offer, oldest first. */
export const partsOf = (start: number, end: number, stepMs: number, extent: Extent): readonly Part[] => {
  const { minute, hour } = seams(stepMs, extent);
  const within = (at: number): number => Math.min(end, Math.max(start, at));
  const parts: readonly Part[] = [
    { resolution: 'hour', from: start, to: within(hour) },
    { resolution: 'minute', from: within(hour), to: within(minute) },
    { resolution: 'raw', from: within(minute), to: end },
  ];
  const firsts = { hour: extent.hourFrom, minute: extent.minuteFrom, raw: extent.rawFrom };
  return parts.filter(({ resolution, from, to }) => {
    const first = firsts[resolution];
    return from < to && first !== null && first < to;
  });
};

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];

/** A round step that makes at most `points` of the range; 0, every evaluation, where even a second would be too coarse. */
export const stepFor = (rangeMs: number, points: number): number => {
  const least = rangeMs / points / 1_000;
  if (least <= 1) return 0;
  const round = steps.find((step) => step >= least) ?? ceil(least, 86_400);
  return round * 1_000;
};
