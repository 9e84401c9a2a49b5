/** Commands that need no running service, and those that are one. */
import { checkConfig } from '../commands/check.js';
import type { Checks } from '../commands/check.js';
import { serve, startEngine, startScheduler } from '../commands/serve.js';
import type { Start } from '../commands/serve.js';
import { checks } from './options.js';
import type { Ground } from './options.js';

export const addOffline = ({ program, io, finish }: Ground): void => {
  checks(program)
    .command('config')
    .description('tells every problem of a configuration with its line')
    .argument('[paths...]', 'folder with ballast.yaml, or single files', ['config'])
    .action(async (paths: readonly string[]) => finish(checkConfig(io, paths, await offlineChecks())));
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
export const offlineChecks = async (): Promise<Checks> => {
  const [{ checkQuery, checkService }, { checkExpression }] = await Promise.all([
    import('../../engine/derive/index.js'),
    import('../../engine/score/index.js'),
  ]);
  return { checkQuery, checkExpression, checkService };
};
