/** Commands that hold healing back, and let it go on. */
import { pause, resume } from '../commands/pause.js';
import type { PauseOptions } from '../commands/pause.js';
import type { Ground } from './options.js';

export const addPauses = ({ program, context, finish }: Ground): void => {
  program
    .command('pause')
    .description('stops healing, for a time and with a reason; traffic is steered all the same')
    .argument('[scope]', 'all, SERVICE or SERVICE/INSTANCE', 'all')
    .requiredOption('--reason <text>', 'why: shown wherever the pause holds something back')
    .option('--for <duration>', 'how long, like 30m')
    .option('--until <time>', 'until when, like 2030-01-31T14:00:00Z')
    .option('--author <name>', 'in whose name')
    .action(async (scope: string, options: PauseOptions) => finish(await pause(context(), scope, options)));
  program
    .command('resume')
    .description('ends a pause')
    .argument('[scope]', 'all, SERVICE or SERVICE/INSTANCE', 'all')
    .option('--author <name>', 'in whose name')
    .action(async (scope: string, { author }: { author?: string }) => finish(await resume(context(), scope, author)));
};
