/** What the commands share by which people say something: how long it holds, of what, and why. */
import { parseDuration } from '../../config/units.js';
import { usageError } from '../exit.js';
import { clockTime } from '../words.js';

export interface Lasting {
  readonly for?: string;
  readonly until?: string;
}

/** The end, or null for what a person ends. Throws a usage error for what is no time to come. */
export const endOf = (options: Lasting, now: number): number | null => {
  if (options.for !== undefined && options.until !== undefined)
    throw usageError('--for and --until are both given', 'keep one');
  if (options.for !== undefined) {
    const ms = parseDuration(options.for);
    if (ms === null || ms === 0) throw usageError(`--for "${options.for}" is no duration`, 'write it like 30m or 2h');
    return now + ms;
  }
  if (options.until === undefined) return null;
  const at = Date.parse(options.until);
  if (Number.isNaN(at)) throw usageError(`--until "${options.until}" is no time`, 'write it like 2030-01-31T14:00:00Z');
  if (at <= now) throw usageError(`--until ${options.until} lies in the past`, 'name a time to come');
  return at;
};

export const isoOf = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

const scopePattern = /^[^/\s]+(?:\/[^/\s]+)?$/;
export const scopeOf = (scope: string): string => {
  if (scopePattern.test(scope)) return scope;
  throw usageError(`"${scope}" is no scope`, 'write all, SERVICE or SERVICE/INSTANCE');
};

/** Throws a usage error where nothing, or only blanks, was given. */
export const reasonOf = (reason: string | undefined, where: string): string => {
  if (reason === undefined) throw usageError('--reason is missing', `say why: it is shown wherever ${where}`);
  if (reason.trim() === '') throw usageError('--reason is empty', `say why: it is shown wherever ${where}`);
  return reason;
};

/** `everything`, `orders`, `orders/orders-1`. */
export const scopeWords = (scope: string): string =>
  scope === 'all' ? 'everything' : scope.replace(/^(?:service|instance)\//, '');

/** ` until 14:00:00`, or nothing for what has no end. */
export const untilWords = (until: number | null, now: number): string =>
  until === null ? '' : ` until ${clockTime(until, now)}`;
