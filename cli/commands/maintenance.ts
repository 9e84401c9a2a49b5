/** `ballast maintenance`: shows, begins and ends. */
import { exit, usageError, type ExitCode } from '../exit.js';
import { jsonText, type Format } from '../output.js';
import { maintenanceView, maintenanceRows } from '../views/maintenance.js';
import { print, type Context } from './context.js';
import { endOf, isoOf, reasonOf, scopeOf, scopeWords, untilWords, type Lasting } from './saying.js';

export interface MaintenanceOptions extends Lasting {
  readonly reason?: string;
  readonly author?: string;
  readonly output: Format;
}

const list = async (context: Context, format: Format): Promise<void> => {
  const found = await context.api.people.maintenance();
  print(context, maintenanceView(context.io.clock.now()), maintenanceRows(found), format);
};

const begin = async ({ api, io }: Context, scope: string, options: MaintenanceOptions): Promise<void> => {
  const now = io.clock.now();
  const reason = reasonOf(options.reason, 'it holds something back');
  const until = isoOf(endOf(options, now));
  const set = await api.people.startMaintenance({
    scope: scopeOf(scope),
    author: options.author ?? io.user,
    reason,
    until,
  });
  const end = set.until === null ? `; it ends by: ballast maintenance end ${scope}` : untilWords(set.until, now);
  if (options.output === 'json') io.out(jsonText(set));
  io.err(`${scopeWords(scope)} is in maintenance${end}\n`);
};

/** Without a scope: the list. `end` and a scope: ends it. */
export const maintenance = async (
  context: Context,
  scope: string | undefined,
  ended: string | undefined,
  options: MaintenanceOptions,
): Promise<ExitCode> => {
  const { io, api } = context;
  const sayings = [options.reason, options.for, options.until].some((one) => one !== undefined);
  if (scope === 'end') {
    if (ended === undefined) throw usageError('what to end is missing', 'write: ballast maintenance end SCOPE');
    await api.people.endMaintenance(scopeOf(ended), options.author ?? io.user);
    io.err(`the maintenance of ${scopeWords(ended)} is over\n`);
  } else if (ended !== undefined) throw usageError(`"${ended}" is one word too many`, 'write one scope');
  else if (scope === undefined && !sayings) await list(context, options.output);
  else if (scope === undefined) throw usageError('a scope is missing', 'write all, SERVICE or SERVICE/INSTANCE');
  else await begin(context, scope, options);
  return exit.fine;
};
