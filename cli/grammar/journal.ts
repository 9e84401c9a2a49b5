/** `ballast journal`: its newest lines, and whether it is whole. */
import { get } from '../commands/get.js';
import { verifyJournal, type VerifyOptions } from '../commands/journal.js';
import { formats, type Format } from '../output.js';
import { formatOption, groupOf, limitOption, scopeArgument, type Ground } from './options.js';

export const addJournal = ({ program, io, context, finish }: Ground): void => {
  const journal = groupOf(program, 'journal', 'what was done and what was held back, line by line');
  journal
    .command('tail')
    .description('the newest lines')
    .addArgument(scopeArgument('SERVICE or SERVICE/INSTANCE'))
    .option('-f, --follow', 'go on with what is written from now on, until Ctrl-C', false)
    .option('--filter <expression>', 'only lines that satisfy it: \'code == "PANIC"\'')
    .addOption(formatOption(formats, 'table'))
    .addOption(limitOption(20))
    .action(
      async (
        scope: string | undefined,
        options: { output: Format; follow: boolean; limit: number; filter?: string },
      ) => {
        const { output: format, follow: watch, limit, filter } = options;
        finish(await get(context(), 'journal', { scope, format, watch, limit, filter }));
      },
    );
  journal
    .command('verify')
    .description('whether each act has its intent and its outcome, in order, and no line is missing; 1 when not')
    .argument('[files...]', 'journal.db files, instead of asking the scheduler for its own')
    .option('--complete', 'the files are those of every scheduler that ever led: nothing can stand elsewhere', false)
    .addOption(formatOption(['table', 'json', 'yaml'], 'table'))
    .action(async (files: readonly string[], options: VerifyOptions) =>
      finish(await verifyJournal(io, () => context().api, files, options)),
    );
};
