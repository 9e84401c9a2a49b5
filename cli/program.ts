/** The command line: names, arguments and options of every command, and nothing of what they do. */
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import * as defaults from '../config/defaults.js';
import { version } from '../lib/version.js';
import { createApi } from './api.js';
import { checkConfig } from './commands/check.js';
import type { Checks } from './commands/check.js';
import { contextOf } from './commands/context.js';
import type { Context } from './commands/context.js';
import { explain } from './commands/explain.js';
import type { ExplainOptions } from './commands/explain.js';
import { get, resources } from './commands/get.js';
import type { Resource } from './commands/get.js';
import { pause, resume } from './commands/pause.js';
import type { PauseOptions } from './commands/pause.js';
import { showPlan } from './commands/plan.js';
import type { PlanOptions } from './commands/plan.js';
import { serve, startEngine, startScheduler } from './commands/serve.js';
import type { Start } from './commands/serve.js';
import { status } from './commands/status.js';
import type { ExitCode } from './exit.js';
import type { Io } from './io.js';
import { formats } from './output.js';
import type { Format } from './output.js';

/** What a command came to; commander itself returns nothing. */
export type Finish = (code: ExitCode) => void;

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000)
    throw new InvalidArgumentError('A number from 1 to 10000.');
  return value;
};

interface Global {
  readonly engine: string;
  readonly scheduler: string;
}

const urlOption = (part: 'engine' | 'scheduler', url: string): Option =>
  new Option(`--${part} <url>`, `where the ${part} is`).env(`BALLAST_${part.toUpperCase()}_URL`).default(url);

const scopeArgument = (text: string): Argument => new Argument('[scope]', text);
const formatOption = (choices: readonly string[], otherwise: string): Option =>
  new Option('-o, --output <format>', 'how to print it').choices(choices).default(otherwise);
const limitOption = (otherwise: number): Option =>
  new Option('--limit <n>', 'at most so many lines of the past').argParser(count).default(otherwise);

export const createProgram = (io: Io, finish: Finish): Command => {
  const program = new Command('ballast')
    .description('Keeps a fleet steady: health scores of every instance, and what is done about them.')
    .version(version)
    .addOption(urlOption('engine', `http://${defaults.engine.listen.host}:${defaults.engine.listen.port}`))
    .addOption(urlOption('scheduler', `http://${defaults.scheduler.listen.host}:${defaults.scheduler.listen.port}`))
    .addHelpText(
      'after',
      '\nBALLAST_TOKEN holds the token of both services. Exit codes: 0 fine, 1 failed, 2 --exit-code, 4 refused, 64 usage.',
    )
    .showSuggestionAfterError();
  const context = (): Context => {
    const { engine, scheduler } = program.opts<Global>();
    return contextOf(io, createApi({ engine, scheduler, token: io.env['BALLAST_TOKEN'] ?? null }));
  };
  addReads(program, context, finish);
  addPauses(program, context, finish);
  addOffline(program, io, finish);
  return program;
};

const addReads = (program: Command, context: () => Context, finish: Finish): void => {
  program
    .command('status')
    .description('the fleet, a service or an instance at a glance')
    .argument('[name]', 'SERVICE, INSTANCE or SERVICE/INSTANCE')
    .action(async (name: string | undefined) => finish(await status(context(), name)));
  program
    .command('get')
    .description('lists, worst first')
    .addArgument(new Argument('<resource>', 'what to list').choices(resources))
    .addArgument(scopeArgument('SERVICE or SERVICE/INSTANCE'))
    .addOption(formatOption(formats, 'table'))
    .option('-w, --watch', 'print again what changes, until Ctrl-C', false)
    .addOption(limitOption(50))
    .action(
      async (
        resource: Resource,
        scope: string | undefined,
        options: { output: Format; watch: boolean; limit: number },
      ) =>
        finish(
          await get(context(), resource, { scope, format: options.output, watch: options.watch, limit: options.limit }),
        ),
    );
  program
    .command('explain')
    .description('why an instance is what it is: each metric, its peers, and what was decided')
    .argument('<instance>', 'INSTANCE or SERVICE/INSTANCE')
    .addOption(formatOption(['table', 'json', 'yaml'], 'table'))
    .addOption(limitOption(20))
    .action(async (name: string, options: { output: ExplainOptions['format']; limit: number }) =>
      finish(await explain(context(), name, { format: options.output, limit: options.limit })),
    );
  program
    .command('plan')
    .description('the weights that are decided and the next steps, each with its reason')
    .addOption(formatOption(['text', 'json', 'yaml'], 'text'))
    .option('--exit-code', 'exit with 2 when something is decided that is not so yet', false)
    .action(async (options: { output: PlanOptions['format']; exitCode: boolean }) =>
      finish(await showPlan(context(), { format: options.output, exitCode: options.exitCode })),
    );
};

const addPauses = (program: Command, context: () => Context, finish: Finish): void => {
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

const addOffline = (program: Command, io: Io, finish: Finish): void => {
  program
    .command('check')
    .description('looks at files without any service')
    .command('config')
    .description('tells every problem of a configuration with its line')
    .argument('[dir]', 'folder with ballast.yaml', 'config')
    .action(async (directory: string) => finish(checkConfig(io, directory, await offlineChecks())));
  const services: readonly (readonly [string, Start, string])[] = [
    ['engine', startEngine, 'discovers, scrapes and scores'],
    ['scheduler', startScheduler, 'steers traffic and heals'],
  ];
  for (const [name, start, what] of services) {
    program
      .command(name)
      .description(`the service that ${what}`)
      .command('run')
      .description('runs it until Ctrl-C')
      .requiredOption('--config <dir>', 'folder with ballast.yaml')
      .action(async ({ config }: { config: string }) => finish(await serve(io, start, config)));
  }
};

/** The engine's own checkers, loaded only here: they bring a parser along. */
const offlineChecks = async (): Promise<Checks> => {
  const [{ checkQuery }, { checkExpression }] = await Promise.all([
    import('../engine/derive/index.js'),
    import('../engine/score/index.js'),
  ]);
  return { checkQuery, checkExpression };
};
