/** Commands that decide what is proposed. */
import { sayWord } from '../commands/approve.js';
import type { WordOptions } from '../commands/approve.js';
import type { Ground } from './options.js';

const words = {
  approve: 'lets a proposed step be taken, once, within 15 minutes',
  veto: 'says no to a step that is proposed or not yet taken',
} as const;

export const addApprovals = ({ program, context, finish }: Ground): void => {
  for (const says of ['approve', 'veto'] as const)
    program
      .command(says)
      .description(words[says])
      .argument('<proposal>', 'INSTANCE, SERVICE/INSTANCE or the id of the proposal')
      .requiredOption('--reason <text>', 'why: it stands in the journal beside your name')
      .option('--author <name>', 'in whose name')
      .option('--dry-run', 'say what would be, and write nothing', false)
      .action(async (asked: string, options: WordOptions) => finish(await sayWord(context(), says, asked, options)));
};
