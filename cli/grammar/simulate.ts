/** `ballast simulate`: a look at one's own guardrails, without any service. */
import { InvalidArgumentError, Option } from 'commander';
import type { SimulateOptions } from '../commands/simulate.js';
import { offlineChecks } from './offline.js';
import { formatOption } from './options.js';
import type { Ground } from './options.js';

const wholeFrom =
  (from: number, to: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= from && value <= to) return value;
    throw new InvalidArgumentError(`A number from ${from} to ${to}.`);
  };

interface Options {
  readonly config: string;
  readonly fleet?: number;
  readonly days: number;
  readonly seed: number;
  readonly hours: number;
  readonly load: number;
  readonly asIs: boolean;
  readonly json: boolean;
  readonly output: SimulateOptions['format'];
}

export const addSimulate = ({ program, io, finish }: Ground): void => {
  program
    .command('simulate')
    .description('plays days full of trouble with your files: what the guardrails allow, page and refuse')
    .option('--config <dir>', 'folder with ballast.yaml', 'config')
    .addOption(
      new Option(
        '--fleet <n>',
        'instances of each service; as many as its file desires unless given, else 4',
      ).argParser(wholeFrom(1, 500)),
    )
    .addOption(new Option('--days <n>', 'how many').argParser(wholeFrom(1, 10_000)).default(7))
    .addOption(
      new Option('--seed <n>', 'of the first day; the same seed is the same day')
        .argParser(wholeFrom(0, 2 ** 31))
        .default(1),
    )
    .addOption(new Option('--hours <n>', 'of a day').argParser(wholeFrom(1, 24)).default(24))
    .addOption(
      new Option('--load <n>', 'requests a second to each service').argParser(wholeFrom(0, 100_000)).default(200),
    )
    .option('--as-is', 'leave heal.mode as the files say, instead of act everywhere', false)
    .addOption(formatOption(['text', 'json'], 'text'))
    .option('--json', 'the same as -o json', false)
    .action(async ({ fleet, load, output, json, ...rest }: Options) => {
      // Loaded only here: it brings the engine and the scheduler along.
      const { simulateConfig } = await import('../commands/simulate.js');
      finish(
        await simulateConfig(
          io,
          { ...rest, instances: fleet ?? null, perSecond: load, format: json ? 'json' : output },
          await offlineChecks(),
        ),
      );
    });
};
