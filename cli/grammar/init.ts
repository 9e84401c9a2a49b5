/** Commands that write files to begin with. */
import { InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../config/units.js';
import { groupOf } from './options.js';
import type { Ground } from './options.js';

const duration =
  (from: string, to: string) =>
  (text: string): number => {
    const ms = parseDuration(text);
    if (ms === null || ms < (parseDuration(from) ?? 0) || ms > (parseDuration(to) ?? 0))
      throw new InvalidArgumentError(`A duration from ${from} to ${to}.`);
    return ms;
  };

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

interface Options {
  readonly config: string;
  readonly url?: readonly string[];
  readonly preset?: readonly string[];
  readonly for: number;
  readonly every: number;
  readonly since: number;
  readonly history: boolean;
  readonly force: boolean;
  readonly stdout: boolean;
}

export const addInit = ({ program, context, finish }: Ground): void => {
  groupOf(program, 'init', 'writes a file to begin with')
    .command('service')
    .description('looks at the live metrics of a service and writes its first file, with thresholds from what it saw')
    .argument('<name>', 'the name of the service, as in Consul')
    .option('--config <dir>', 'folder with ballast.yaml, which knows Consul; the file goes into its services', 'config')
    .option('--url <url>', 'a metrics page to look at, instead of asking Consul; may be given several times', collect)
    .option('--preset <name>', 'instead of those whose names stand on the page; may be given several times', collect)
    .addOption(
      new Option('--for <duration>', 'how long to look').argParser(duration('1s', '24h')).default(40_000, '40s'),
    )
    .addOption(new Option('--every <duration>', 'how often').argParser(duration('250ms', '1m')).default(2_000, '2s'))
    .addOption(
      new Option('--since <duration>', "how far back to look at the engine's history, if it scores the service already")
        .argParser(duration('1m', '30d'))
        .default(86_400_000, '24h'),
    )
    .option('--no-history', "leave the engine's history alone")
    .option('--force', 'replace a file that is there', false)
    .option('--stdout', 'print it instead of writing it', false)
    .action(
      async (
        name: string,
        { config, url = [], preset = [], for: forMs, every, since, history, force, stdout }: Options,
      ) => {
        const { initService } = await import('../commands/init.js');
        finish(
          await initService(context(), name, {
            ...{ config, urls: url, presets: preset, forMs, everyMs: every, force, stdout },
            sinceMs: history ? since : null,
          }),
        );
      },
    );
};
