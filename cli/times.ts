import { parseInstant } from '../lib/instant.js';
import { usageError } from './exit.js';

/** `14:03` or `14:03:11` where the reader is: the last time that it was so late. Null when it is no time of day. */
const timeOfDay = (text: string, now: number): number | null => {
  const [, hours, minutes, seconds = '0'] = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text) ?? [];
  if (hours === undefined || minutes === undefined) return null;
  const date = new Date(now);
  date.setHours(Number(hours), Number(minutes), Number(seconds), 0);
  if (date.getTime() > now) date.setDate(date.getDate() - 1);
  return date.getTime();
};

/** A time as it is written on a command line, in epoch milliseconds. Throws a usage error. */
export const instantOf = (text: string, option: string, now: number): number => {
  const time = timeOfDay(text, now) ?? parseInstant(text, now);
  if (time !== null) return time;
  throw usageError(`${option} ${text} is no time`, 'write it like -15m, 14:03, or 2026-11-26T14:03:00Z');
};
