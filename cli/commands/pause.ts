import { exit } from '../exit.js';
import type { ExitCode } from '../exit.js';
import { clockTime } from '../words.js';
import type { Context } from './context.js';
import { endOf, isoOf, type Lasting, reasonOf, scopeOf } from './saying.js';

export interface PauseOptions extends Lasting {
  readonly reason: string;
  readonly author?: string;
}

export const pause = async ({ api, io }: Context, scope: string, options: PauseOptions): Promise<ExitCode> => {
  const now = io.clock.now();
  const until = endOf(options, now);
  const reason = reasonOf(options.reason, 'the pause holds something back');
  const set = await api.pause({
    scope: scopeOf(scope),
    author: options.author ?? io.user,
    reason,
    until: isoOf(until),
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
