/** Commands that only look. */
import { Argument } from 'commander';
import { explain } from '../commands/explain.js';
import type { ExplainOptions } from '../commands/explain.js';
import { get, resources } from '../commands/get.js';
import type { Resource } from '../commands/get.js';
import { history } from '../commands/history.js';
import type { HistoryOptions } from '../commands/history.js';
import { showPlan } from '../commands/plan.js';
import type { PlanOptions } from '../commands/plan.js';
import { previewPlan } from '../commands/preview.js';
import { status } from '../commands/status.js';
import { formats } from '../output.js';
import type { Format } from '../output.js';
import { formatOption, limitOption, scopeArgument } from './options.js';
import type { Ground } from './options.js';

interface PlanAsked {
  readonly file?: readonly string[];
  readonly output: PlanOptions['format'];
  readonly exitCode: boolean;
}

export const addReads = ({ program, context, finish }: Ground): void => {
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
    .option('--filter <expression>', 'only rows that satisfy it: \'zone == "red" and score < 40\'')
    .addOption(limitOption(50))
    .action(
      async (
        resource: Resource,
        scope: string | undefined,
        { output, ...options }: { output: Format; watch: boolean; limit: number; filter?: string },
      ) => finish(await get(context(), resource, { scope, format: output, filter: options.filter, ...options })),
    );
  program
    .command('explain')
    .description('why an instance is what it is: each metric, its peers, and what was decided')
    .argument('<instance>', 'INSTANCE or SERVICE/INSTANCE')
    .addOption(formatOption(['table', 'json', 'yaml'], 'table'))
    .option('--at <time>', 'how it was then: -15m, 14:03, or 2026-11-26T14:03:00Z')
    .addOption(limitOption(20))
    .action(async (name: string, options: { output: ExplainOptions['format']; limit: number; at?: string }) =>
      finish(await explain(context(), name, { format: options.output, ...options })),
    );
  program
    .command('history')
    .description('how an instance was: scores and zones over time, least, mean and largest of each step')
    .argument('<instance>', 'INSTANCE or SERVICE/INSTANCE')
    .option('--start <time>', 'from when: -24h, 14:03, or 2026-11-26T14:03:00Z', '-1h')
    .option('--end <time>', 'until when', 'now')
    .option('--step <duration>', 'what a row stands for, such as 1m; about 30 rows unless given')
    .option('--metrics <names>', 'metrics to show, with commas between, or * for all')
    .addOption(formatOption(['table', 'json', 'yaml'], 'table'))
    .action(async (name: string, options: HistoryOptions) => finish(await history(context(), name, options)));
  program
    .command('plan')
    .description('the weights that are decided and the next steps, each with its reason')
    .option('-f, --file <paths...>', 'service files or folders: what the plan would be with these in force')
    .addOption(formatOption(['text', 'json', 'yaml'], 'text'))
    .option('--exit-code', 'exit with 2 when something is decided that is not so yet, or with -f would differ', false)
    .action(async ({ file, output, exitCode }: PlanAsked) => {
      const options = { format: output, exitCode };
      finish(await (file ? previewPlan(context(), file, options) : showPlan(context(), options)));
    });
};
