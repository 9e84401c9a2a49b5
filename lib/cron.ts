/**
 * Recurring moments: cron expressions as pure functions of time. Parsing, and what a day field means (L, 15W, 2#3), are
 * node-cron's own. What it leaves to chance is made certain here: where the clocks jump forward, a time that they jump over
 * counts as the moment after the jump; where they go back, a time that comes twice counts twice.
 */
import cron, { type ParsedFields, type ScheduledTask } from 'node-cron';

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** Clocks change at quarters of an hour, everywhere in the world. */
const quarterMs = 15 * minuteMs;

/** Null, or what is wrong with the expression, for a person. */
export const cronProblem = (expression: string): string | null => {
  if (expression.trim().split(/\s+/).length === 6) return 'has six fields: seconds are not told apart here, write five';
  try {
    const { valid, errors } = cron.validateDetailed(expression);
    if (valid) return null;
    return errors.map(({ field, message }) => `${field}: ${message}`).join('; ') || 'is not understood';
  } catch {
    return 'is not understood';
  }
};

export const isTimezone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

/** When it begins, again and again: minutes of the wall clock of a time zone. */
export class Recurrence {
  private readonly fields: ParsedFields;
  /** Matches days of wall-clock time, written as if that were UTC. */
  private readonly days: ScheduledTask;
  private readonly clock: Intl.DateTimeFormat;
  /** Of a day that is meant. */
  private readonly firstTime: number;

  /** Throws where the expression or the zone is wrong: ask `cronProblem` and `isTimezone` first. */
  constructor(expression: string, timezone: string) {
    this.fields = cron.parse(expression);
    this.firstTime = (this.fields.hour[0] ?? 0) * 3_600_000 + (this.fields.minute[0] ?? 0) * minuteMs;
    this.days = cron.createTask(expression, () => undefined, { timezone: 'Etc/UTC' });
    void this.days.destroy();
    this.clock = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** The latest moment in (after, upTo]; null: none. */
  last(after: number, upTo: number): number | null {
    let found: number | null = null;
    for (const moment of this.moments(after, upTo)) found = moment;
    return found;
  }

  /** The first moment in (after, upTo]; null: none. */
  first(after: number, upTo: number): number | null {
    for (let from = after; from < upTo; from += dayMs) {
      const to = Math.min(from + dayMs, upTo);
      if (!this.hasDay(from, to)) continue;
      for (const moment of this.moments(from, to)) return moment;
    }
    return null;
  }

  /** Whether some day of the wall clock that lies in there is meant: most are not, and need not be looked at by the minute. */
  private hasDay(from: number, to: number): boolean {
    const last = Math.floor((to + this.offset(to)) / dayMs);
    for (let day = Math.floor((from + this.offset(from)) / dayMs); day <= last; day++)
      if (this.days.match(new Date(day * dayMs + this.firstTime))) return true;
    return false;
  }

  private *moments(after: number, upTo: number): Generator<number> {
    let at = (Math.floor(after / minuteMs) + 1) * minuteMs;
    let before = this.offset(at - minuteMs);
    let offset = this.offset(at);
    for (; at <= upTo; at += minuteMs) {
      if (at % quarterMs === 0) offset = this.offset(at);
      if (this.strikes(at + offset, at - minuteMs + before)) yield at;
      before = offset;
    }
  }

  /** Whether one of the wall-clock minutes that begin now is meant: one, or all that the clocks jumped over. */
  private strikes(wall: number, wallBefore: number): boolean {
    for (let minute = Math.min(wallBefore + minuteMs, wall); minute <= wall; minute += minuteMs)
      if (this.matches(minute)) return true;
    return false;
  }

  private matches(wall: number): boolean {
    const { minute, hour } = this.fields;
    const time = new Date(wall);
    return minute.includes(time.getUTCMinutes()) && hour.includes(time.getUTCHours()) && this.days.match(time);
  }

  /** What the wall clock is ahead of UTC, in milliseconds. */
  private offset(at: number): number {
    const parts = new Map(this.clock.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
    return wall - Math.floor(at / 1000) * 1000;
  }
}
