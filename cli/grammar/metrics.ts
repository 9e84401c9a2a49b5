/** `ballast check metrics`: what the engine would read of a page. */
import type { MetricCheckOptions } from '../commands/check-metrics.js';
import { checks, formatOption } from './options.js';
import type { Ground } from './options.js';

interface Options {
  readonly contentType?: string;
  readonly output: MetricCheckOptions['format'];
  readonly batch: boolean;
}

export const addMetricChecks = ({ program, io, finish }: Ground): void => {
  checks(program)
    .command('metrics')
    .description('reads a metrics page from standard input, strictly: its samples, or all that is wrong with it')
    .option('--content-type <type>', 'what the page came with, like "application/openmetrics-text; version=1.0.0"')
    .addOption(formatOption(['text', 'json'], 'text'))
    .option('--batch', 'reads JSON lines {"contentType","text"}, and answers each with a line', false)
    .action(async ({ contentType, output, batch }: Options) => {
      const { checkMetrics, checkMetricsBatch } = await import('../commands/check-metrics.js');
      if (batch) return finish(await checkMetricsBatch(io));
      finish(await checkMetrics(io, { contentType: contentType ?? null, format: output }));
    });
};
