/** Commands about the configuration of the running services. */
import { Argument, InvalidArgumentError, type Command } from 'commander';
import {
  applyConfig,
  listConfigs,
  reloadConfig,
  removeConfig,
  rollbackConfig,
  schemaNames,
  showConfig,
  showSchema,
  showVersions,
  type EditOptions,
} from '../commands/config.js';
import { diffConfig } from '../commands/config-diff.js';
import { usageError } from '../exit.js';
import { formats, type Format } from '../output.js';
import { offlineChecks } from './offline.js';
import { formatOption, groupOf, limitOption, type Ground } from './options.js';

const wholeNumber = (text: string): number => {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A number from 1 on.');
};

const edits = (command: Command): Command =>
  command
    .option('--reason <text>', 'why: it stands beside the version')
    .option('--author <name>', 'in whose name')
    .option('--dry-run', 'say what would be, and change nothing', false)
    .addOption(formatOption(['table', 'json'], 'table'));

const addReads = (config: Command, { context, finish }: Ground): void => {
  config
    .command('show')
    .description('the service files in force; of one service its text as it is stored')
    .argument('[service]', 'one service')
    .option('--resolved', 'with presets and defaults filled in', false)
    .addOption(formatOption(formats, 'table'))
    .action(async (service: string | undefined, { output, resolved }: { output: Format; resolved: boolean }) => {
      if (service === undefined && resolved) throw usageError('--resolved needs a service', 'name one');
      if (service === undefined) return finish(await listConfigs(context(), output));
      finish(await showConfig(context(), service, { format: output === 'json' ? 'json' : 'yaml', resolved }));
    });
  config
    .command('diff')
    .description('the files of a folder against what is in force, value by value')
    .argument('[dir]', 'folder with ballast.yaml', 'config')
    .option('--exit-code', 'exit with 2 when they differ', false)
    .action(async (directory: string, { exitCode }: { exitCode: boolean }) =>
      finish(await diffConfig(context(), directory, await offlineChecks(), exitCode)),
    );
  config
    .command('versions')
    .description('what was in force of a service file: since when, by whom, why')
    .argument('<service>')
    .option('--show <n>', 'the text of that one', wholeNumber)
    .addOption(formatOption(formats, 'table'))
    .addOption(limitOption(50))
    .action(async (service: string, { output, show, limit }: { output: Format; show?: number; limit: number }) => {
      const one = show === undefined ? {} : { version: show };
      finish(await showVersions(context(), service, { format: output, limit, ...one }));
    });
};

const addEdits = (config: Command, { context, finish }: Ground): void => {
  edits(config.command('apply').description('sends a service file to the engine, which puts it in force'))
    .argument('<file>', 'a service file')
    .option('--if-match <etag>', 'only if what is there is still that')
    .action(async (file: string, options: EditOptions & { ifMatch?: string }) =>
      finish(await applyConfig(context(), file, options)),
    );
  edits(config.command('remove').description('removes a service file; its versions stay'))
    .argument('<service>')
    .action(async (service: string, options: EditOptions) => finish(await removeConfig(context(), service, options)));
  edits(config.command('rollback').description('puts the text of an earlier version in force'))
    .argument('<service>')
    .argument('<version>', 'as `ballast config versions` numbers them', wholeNumber)
    .action(async (service: string, version: number, options: EditOptions) =>
      finish(await rollbackConfig(context(), service, version, options)),
    );
};

export const addConfig = (ground: Ground): void => {
  const { program, io, context, finish } = ground;
  const config = groupOf(program, 'config', 'what the services are configured by, and its changes');
  addReads(config, ground);
  addEdits(config, ground);
  config
    .command('reload')
    .description('has both services read their files again')
    .action(async () => finish(await reloadConfig(context())));
  config
    .command('schema')
    .description('the JSON Schema of a kind of file, for editors')
    .addArgument(new Argument('[kind]', 'of which file').choices(schemaNames).default('service'))
    .action((kind: string) => finish(showSchema({ io }, kind)));
};
