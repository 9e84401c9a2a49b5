/** When a window of maintenance is open: a pure function of the window and the moment. */
import { Recurrence } from '../lib/cron.js';
import type { MaintenanceWindow } from './policy.js';

const minuteMs = 60_000;
/** An expression that does not come within so long is said not to come. */
const horizonMs = 366 * 86_400_000;

/** What was worked out of a window: the answer is the same without it, only slower. */
interface Known {
  readonly recurrence: Recurrence;
  /** The last beginning at or before `seenTo`, no further back than the window is long. */
  last: number | null;
  seenTo: number | null;
  /** The first beginning after `nextAfter`. */
  next: number | null;
  nextAfter: number | null;
}

const known = new WeakMap<MaintenanceWindow, Known>();

const knownOf = (window: MaintenanceWindow): Known => {
  const found = known.get(window);
  if (found) return found;
  const recurrence = new Recurrence(window.cron, window.timezone);
  const made: Known = { recurrence, last: null, seenTo: null, next: null, nextAfter: null };
  known.set(window, made);
  return made;
};

export interface OpenWindow {
  readonly window: MaintenanceWindow;
  readonly since: number;
  readonly until: number;
}

/** Null: it is not open now. One that begins again before its end lasts until the later end. */
export const openWindow = (window: MaintenanceWindow, now: number): OpenWindow | null => {
  const it = knownOf(window);
  const { seenTo } = it;
  const follows = seenTo !== null && now >= seenTo && now - seenTo < window.forMs;
  if (!follows || Math.floor(now / minuteMs) > Math.floor(seenTo / minuteMs)) {
    const found = it.recurrence.last(follows ? seenTo : now - window.forMs, now);
    it.last = found ?? (follows ? it.last : null);
  }
  it.seenTo = now;
  return it.last !== null && now < it.last + window.forMs
    ? { window, since: it.last, until: it.last + window.forMs }
    : null;
};

/** When it begins next, after `now`; null: not within a year. */
export const nextWindow = (window: MaintenanceWindow, now: number): number | null => {
  const it = knownOf(window);
  const holds = it.nextAfter !== null && now >= it.nextAfter && (it.next === null || now < it.next);
  if (holds && (it.next !== null || now - (it.nextAfter ?? 0) < minuteMs)) return it.next;
  it.next = it.recurrence.first(now, now + horizonMs);
  it.nextAfter = now;
  return it.next;
};
