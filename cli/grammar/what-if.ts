/** What would be: candidates over the recorded history. */
import { InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../config/units.js';
import { replay } from '../commands/replay.js';
import type { ReplayOptions } from '../commands/replay.js';
import { formatOption } from './options.js';
import type { Ground } from './options.js';

const duration = (text: string): number => {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('A duration with its unit, like 24h or 30m.');
  return ms;
};

interface Asked {
  readonly file: string;
  readonly since: number;
  readonly output: ReplayOptions['format'];
  readonly exitCode: boolean;
}

export const addWhatIf = ({ program, context, finish }: Ground): void => {
  program
    .command('replay')
    .description('what scores and zones would have been by another service file, from the recorded history')
    .argument('[service]', "whose history; the file's own service unless given")
    .requiredOption('-f, --file <file>', 'the service file to try')
    .addOption(
      new Option('--since <duration>', 'from so long ago until now').argParser(duration).default(86_400_000, '24h'),
    )
    .addOption(formatOption(['table', 'json', 'yaml'], 'table'))
    .option('--exit-code', 'exit with 2 when a zone would have been another', false)
    .action(async (service: string | undefined, { file, since, output, exitCode }: Asked) =>
      finish(await replay(context(), { file, service, sinceMs: since, format: output, exitCode })),
    );
};
