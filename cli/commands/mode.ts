/** `ballast mode`: what Ballast may do by itself. */
import { healModeSchema, type Mode } from '../../scheduler/client/index.js';
import { exit, usageError, type ExitCode } from '../exit.js';
import type { Format } from '../output.js';
import { modeRows, modesView } from '../views/modes.js';
import { print, type Context } from './context.js';
import { endOf, isoOf, reasonOf, untilWords, type Lasting } from './saying.js';

export interface ModeOptions extends Lasting {
  readonly reason?: string;
  readonly author?: string;
  readonly output: Format;
}

const levels: readonly string[] = healModeSchema.options;

/** One word is a level for all or a service to show; two are a service and its level. */
const asked = (
  first: string | undefined,
  second: string | undefined,
): [service: string | null, level: string | null] =>
  second !== undefined
    ? [first === 'all' ? null : (first ?? null), second]
    : first !== undefined && levels.includes(first)
      ? [null, first]
      : [first === 'all' ? null : (first ?? null), null];

const levelOf = (text: string): Mode['heal'] => {
  const level = healModeSchema.safeParse(text);
  if (level.success) return level.data;
  throw usageError(`"${text}" is no mode`, `write one of ${levels.join(', ')}`);
};

export const mode = async (
  context: Context,
  first: string | undefined,
  second: string | undefined,
  options: ModeOptions,
): Promise<ExitCode> => {
  const { api, io } = context;
  const [service, level] = asked(first, second);
  if (level === null) {
    const found = await api.people.modes(service);
    print(context, modesView(io.clock.now()), modeRows(found), options.output);
    return exit.fine;
  }
  const now = io.clock.now();
  const set = await api.people.setMode(service, {
    heal: levelOf(level),
    author: options.author ?? io.user,
    reason: reasonOf(options.reason, 'the mode holds something back'),
    until: isoOf(endOf(options, now)),
  });
  const most = set.heal === 'act' ? 'whatever its file allows' : `${set.heal} at most`;
  io.err(`${service ?? 'every service'} may ${most}${untilWords(set.until, now)}\n`);
  return exit.fine;
};
