/** Commands by which people do something to an instance. */
import { Option } from 'commander';
import { type ActName, actNames } from '../../scheduler/client/index.js';
import { act, type ActOptions } from '../commands/act.js';
import { formatOption, type Ground } from './options.js';

const descriptions: Readonly<Record<ActName, string>> = {
  drain: 'takes an instance out of rotation, as the minimum lets, and waits until it is drained',
  restore: 'takes an instance back: ends its drain, its quarantine, and an order that nobody began',
  gentle: 'asks an instance to mend itself, by the gentle step of its ladder: drained first, verified after',
  restart: 'restarts an instance: drained first, verified after',
  replace: 'puts another process in its place: drained first, verified after',
};

export const addActs = ({ program, context, finish }: Ground): void => {
  for (const name of actNames) {
    const command = program
      .command(name)
      .description(descriptions[name])
      .argument('<instance>', 'INSTANCE or SERVICE/INSTANCE')
      .option('--reason <text>', 'why: it is told wherever the act is')
      .option('--author <name>', 'in whose name')
      .option('--dry-run', 'say what would be and what every guardrail says, and do nothing', false)
      .option('--detach', 'do not wait until it is over', false)
      .option('--cas <index>', 'only if what was said of it is still at this index (GET /v1/acts)')
      .option('--key <text>', 'the same key again is the same act, never a second one')
      .addOption(formatOption(['table', 'json'], 'table'));
    if (name === 'drain')
      command.option('--for <duration>', 'how long, like 30m').option('--until <time>', 'until when');
    if (name !== 'restore')
      command.addOption(
        new Option(
          '--deadline <duration>',
          name === 'drain' ? 'the same as --for' : 'begun within, like 5m, or not at all',
        ),
      );
    if (name !== 'drain' && name !== 'restore')
      command.option(
        '--force',
        'passes cooldown, pauses and budgets (docs/guardrails.md), never what protects others',
        false,
      );
    command.action(async (instance: string, options: ActOptions) =>
      finish(await act(context(), name, instance, options)),
    );
  }
};
