import { parseDuration } from '../../config/units.js';
import { exit, usageError } from '../exit.js';
import type { ExitCode } from '../exit.js';
import { clockTime } from '../words.js';
import type { Context } from './context.js';

export interface PauseOptions {
  readonly reason: string;
  readonly for?: string;
  readonly until?: string;
  readonly author?: string;
}

/** The end of the pause, or null for one that a person ends. */
const endOf = (options: Pick<PauseOptions, 'for' | 'until'>, now: number): number | null => {
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

const scopePattern = /^[^/\s]+(?:\/[^/\s]+)?$/;
const scopeOf = (scope: string): string => {
  if (scopePattern.test(scope)) return scope;
  throw usageError(`"${scope}" is no scope`, 'write all, SERVICE or SERVICE/INSTANCE');
};

export const pause = async ({ api, io }: Context, scope: string, options: PauseOptions): Promise<ExitCode> => {
  const now = io.clock.now();
  const until = endOf(options, now);
  const { reason } = options;
  if (reason.trim() === '')
    throw usageError('--reason is empty', 'say why: it is shown wherever the pause holds something back');
  const set = await api.pause({
    scope: scopeOf(scope),
    author: options.author ?? io.user,
    reason,
    until: until === null ? null : new Date(until).toISOString(),
  });
  const end = set.until === null ? `until: ballast resume ${scope}` : `until ${clockTime(set.until, now)}`;
  io.err(`${scope === 'all' ? 'everything' : scope} is paused by ${set.author} ${end}\n`);
  return exit.fine;
};

export const resume = async ({ api, io }: Context, scope: string, author: string | undefined): Promise<ExitCode> => {
  await api.resume(scopeOf(scope), author ?? io.user);
  io.err(`${scope === 'all' ? 'the pause of everything' : `the pause of ${scope}`} is over\n`);
  return exit.fine;
};
