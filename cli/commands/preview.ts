/** `ballast plan -f`: what the plan would be with these service files, and how it differs from what the present ones come to. */
import { statSync } from 'node:fs';
import { z } from 'zod';
import { stringify } from 'yaml';
import { filesIn } from '../../config/read.js';
import { previewSchema } from '../../scheduler/client/index.js';
import type { Preview } from '../../scheduler/client/index.js';
import { diffLines } from '../diff.js';
import { exit, usageError } from '../exit.js';
import type { ExitCode } from '../exit.js';
import { jsonText } from '../output.js';
import type { Paint } from '../paint.js';
import type { Context } from './context.js';
import type { PlanOptions } from './plan.js';
import { textOfFile } from './replay.js';

const colours = { '-': 'red', '+': 'green' } as const;

/** The plan whole, and below it only the lines that differ, each under the service that it belongs to. */
export const previewText = ({ before, after, differs }: Preview, paint: Paint): string => {
  if (!differs) return after;
  let service = '';
  let shown = '';
  const changed: string[] = [];
  for (const { sign, text } of diffLines(before, after)) {
    if (/^\S/.test(text)) service = text;
    if (sign === ' ') continue;
    if (service !== shown && text !== service) changed.push(`  ${service}`);
    shown = service;
    changed.push(paint(colours[sign], `${sign} ${text}`));
  }
  return `${after}\nAgainst what the files in force come to:\n${changed.join('\n')}\n`;
};

const filesOf = (path: string): readonly string[] =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ? filesIn(path) : [path];

export const previewPlan = async (
  { api, io, paint }: Context,
  paths: readonly string[],
  { format, exitCode }: PlanOptions,
): Promise<ExitCode> => {
  const files = paths.flatMap(filesOf);
  if (files.length === 0)
    throw usageError(`${paths.join(' ')}: no service file is there`, 'name files, or a folder of them');
  const preview = await api.preview({ services: files.map((file) => ({ file, text: textOfFile(file) })) });
  if (format === 'text') io.out(previewText(preview, paint));
  else {
    const wire = z.encode(previewSchema, preview);
    io.out(format === 'json' ? jsonText(wire) : stringify(wire));
  }
  for (const note of preview.notes) io.err(`${note}\n`);
  if (!preview.differs) io.err('nothing would change\n');
  return exitCode && preview.differs ? exit.condition : exit.fine;
};
