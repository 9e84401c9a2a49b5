import { z } from 'zod';
import { stringify } from 'yaml';
import { historySchema } from '../../engine/client/index.js';
import { exit } from '../exit.js';
import type { ExitCode } from '../exit.js';
import { jsonText } from '../output.js';
import { instantOf } from '../times.js';
import { historyText } from '../views/history.js';
import type { Context } from './context.js';
import { nameOf } from './explain.js';

export interface HistoryOptions {
  readonly output: 'table' | 'json' | 'yaml';
  readonly start: string;
  readonly end: string;
  readonly step?: string;
  readonly metrics?: string;
}

/** As many rows as a screen has. */
const rows = 30;

/** A round step that makes about a screenful. */
const stepFor = (rangeMs: number): string => {
  const steps = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400];
  return `${steps.find((step) => step * 1_000 * rows >= rangeMs) ?? Math.ceil(rangeMs / rows / 86_400_000) * 86_400}s`;
};

export const history = async (
  context: Context,
  name: string,
  { output, step, metrics, ...range }: HistoryOptions,
): Promise<ExitCode> => {
  const { api, io, paint } = context;
  const now = io.clock.now();
  const [start, end] = [instantOf(range.start, '--start', now), instantOf(range.end, '--end', now)];
  const named = await nameOf(context, name);
  const found = await api.history(named, { start, end, step: step ?? stepFor(end - start), metrics });
  if (output === 'table') {
    if (found.points.length > 0) io.out(historyText(found, now, paint));
    else io.err(`nothing was kept of ${name} in that time${spanText(found.span)}\n`);
  } else {
    const wire = z.encode(historySchema, found);
    io.out(output === 'json' ? jsonText(wire) : stringify(wire));
  }
  return exit.fine;
};

const spanText = (span: z.infer<typeof historySchema>['span']): string =>
  span === null
    ? ''
    : `; there is something from ${new Date(span.first).toISOString()} to ${new Date(span.last).toISOString()}`;
