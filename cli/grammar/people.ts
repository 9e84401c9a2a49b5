/** Commands by which people say what may be done. */
import type { Command } from 'commander';
import { maintenance, type MaintenanceOptions } from '../commands/maintenance.js';
import { mode, type ModeOptions } from '../commands/mode.js';
import { formats } from '../output.js';
import { formatOption, type Ground } from './options.js';

const saying = (command: Command): Command =>
  command
    .option('--reason <text>', 'why: shown wherever it holds something back')
    .option('--for <duration>', 'how long, like 30m')
    .option('--until <time>', 'until when, like 2030-01-31T14:00:00Z')
    .option('--author <name>', 'in whose name')
    .addOption(formatOption(formats, 'table'));

export const addPeople = ({ program, context, finish }: Ground): void => {
  saying(program.command('maintenance'))
    .description('what is in maintenance, by hand or by a window; with a scope begins one, with "end SCOPE" ends it')
    .argument('[scope]', 'all, SERVICE or SERVICE/INSTANCE; or the word end')
    .argument('[ended]', 'what to end, after the word end')
    .action(async (scope: string | undefined, ended: string | undefined, options: MaintenanceOptions) =>
      finish(await maintenance(context(), scope, ended, options)),
    );
  saying(program.command('mode'))
    .description('what Ballast may do by itself; with a mode sets the most, never above what the service file allows')
    .argument('[service]', 'one service; all unless given')
    .argument('[mode]', 'observe, suggest or act')
    .action(async (service: string | undefined, level: string | undefined, options: ModeOptions) =>
      finish(await mode(context(), service, level, options)),
    );
};
