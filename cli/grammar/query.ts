/** `ballast query`: a question in PromQL, without any service. */
import { InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../config/units.js';
import { usageError } from '../exit.js';
import { formatOption } from './options.js';
import type { Ground } from './options.js';

interface Options {
  readonly url?: string;
  readonly every: number;
  readonly times?: number;
  readonly batch: boolean;
  readonly output: 'text' | 'json';
}

const duration = (text: string): number => {
  const ms = parseDuration(text);
  if (ms === null || ms <= 0) throw new InvalidArgumentError('A duration such as 500ms or 5s.');
  return ms;
};

const times = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000)
    throw new InvalidArgumentError('A number from 1 to 1000.');
  return value;
};

const address = (text: string): string => {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new InvalidArgumentError('An address such as http://127.0.0.1:9100/metrics.');
  return text;
};

export const addQuery = ({ program, io, finish }: Ground): void => {
  program
    .command('query')
    .description('answers PromQL as the engine does: over a page on standard input, or over a live one')
    .argument('[expr]', 'the query')
    .addOption(new Option('--url <url>', 'reads the page there').argParser(address))
    .addOption(new Option('--every <duration>', 'between two readings').argParser(duration).default(1_000, '1s'))
    .addOption(new Option('--times <n>', 'how often the page is read (default: 2 for ranges, else 1)').argParser(times))
    .addOption(formatOption(['text', 'json'], 'text'))
    .option('--batch', 'reads JSON lines {"series","evals"}, and answers each with a line', false)
    .action(async (expr: string | undefined, options: Options) => {
      const { query, queryBatch } = await import('../commands/query.js');
      if (options.batch) return finish(await queryBatch(io));
      if (expr === undefined) throw usageError('there is no query', "write it in quotes: ballast query 'sum(up)'");
      const { url = null, every, times: count = null, output } = options;
      finish(await query(io, expr, { url, everyMs: every, times: count, format: output }));
    });
};
