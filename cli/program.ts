/** The command line: global options, and the groups of commands. `grammar/` has their names, arguments and options. */
import { Command, Option } from 'commander';
import * as defaults from '../config/defaults.js';
import { version } from '../lib/version.js';
import { createApi } from './api.js';
import { contextOf } from './commands/context.js';
import type { Context } from './commands/context.js';
import { addApprovals } from './grammar/approvals.js';
import { addActs } from './grammar/acts.js';
import { addInit } from './grammar/init.js';
import { addMetricChecks } from './grammar/metrics.js';
import { addConfig } from './grammar/config.js';
import { addNotify } from './grammar/notify.js';
import { addOffline } from './grammar/offline.js';
import { addJournal } from './grammar/journal.js';
import type { Finish } from './grammar/options.js';
import { addPauses } from './grammar/pauses.js';
import { addPeople } from './grammar/people.js';
import { addQuery } from './grammar/query.js';
import { addReads } from './grammar/reads.js';
import { addScenarios } from './grammar/scenarios.js';
import { addSimulate } from './grammar/simulate.js';
import { addWhatIf } from './grammar/what-if.js';
import type { Io } from './io.js';

interface Global {
  readonly engine: string;
  readonly scheduler: string;
}

const urlOption = (part: 'engine' | 'scheduler', url: string): Option =>
  new Option(`--${part} <url>`, `where the ${part} is`).env(`BALLAST_${part.toUpperCase()}_URL`).default(url);

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
  const ground = { program, io, context, finish };
  for (const add of [
    addReads,
    addPauses,
    addJournal,
    addNotify,
    addApprovals,
    addPeople,
    addActs,
    addOffline,
    addConfig,
    addScenarios,
    addSimulate,
    addWhatIf,
    addMetricChecks,
    addQuery,
    addInit,
  ])
    add(ground);
  return program;
};
