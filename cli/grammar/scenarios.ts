/** Tests of policies, by files that a user writes. */
import type { TestFormat } from '../commands/test.js';
import { formatOption } from './options.js';
import type { Ground } from './options.js';

export const addScenarios = ({ program, io, finish }: Ground): void => {
  program
    .command('test')
    .description('plays series of metrics from files, and checks the scores, zones and weights that come of them')
    .argument('<files...>', 'files, folders, or patterns like tests/*.yaml')
    .addOption(formatOption(['text', 'json'], 'text'))
    .action(async (files: string[], { output }: { output: TestFormat }) => {
      // Loaded only here: it brings the engine and the scheduler along.
      const { testFiles } = await import('../commands/test.js');
      finish(testFiles(io, files, output));
    });
};
