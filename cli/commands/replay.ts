/** `ballast replay`: a service file over the recorded history, beside what was. */
import { z } from 'zod';
import { stringify } from 'yaml';
import { readText } from '../../config/read.js';
import { replaySchema } from '../../engine/client/index.js';
import type { Replay, ReplayLine, ReplayProgress } from '../../engine/client/index.js';
import { BallastError } from '../../lib/errors.js';
import { exit, usageError } from '../exit.js';
import type { ExitCode } from '../exit.js';
import { jsonText } from '../output.js';
import { replayText } from '../views/replay.js';
import type { Context } from './context.js';

export interface ReplayOptions {
  readonly file: string;
  readonly service: string | undefined;
  readonly sinceMs: number;
  readonly format: 'table' | 'json' | 'yaml';
  /** Exit with 2 when a zone would have been another. */
  readonly exitCode: boolean;
}

const barWidth = 30;

/** One line that is written over: only where somebody watches. */
export const progressBar = ({ done, total, evaluations }: ReplayProgress): string => {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.round(share * barWidth);
  const bar = '#'.repeat(filled).padEnd(barWidth, '.');
  return `\r[${bar}] ${Math.round(share * 100)} %, ${evaluations.toLocaleString('en')} evaluations `;
};

export const textOfFile = (file: string): string => {
  const read = readText(file);
  if ('text' in read) return read.text;
  throw usageError(`${file} ${read.wrong}`, 'name a service file');
};

export const replay = async (
  { api, io, paint }: Context,
  { file, service, sinceMs, format, exitCode }: ReplayOptions,
): Promise<ExitCode> => {
  const policy = { file, text: textOfFile(file) };
  let result: Replay | null = null;
  let drawn = false;
  const onLine = (line: ReplayLine): void => {
    if ('result' in line) result = line.result;
    else if ('error' in line) throw new BallastError(line.error.code, line.error.detail);
    else if (io.terminal) {
      io.err(progressBar(line.progress));
      drawn = true;
    }
  };
  try {
    await api.replay({ policy, sinceMs, ...(service === undefined ? {} : { service }) }, onLine, io.signal);
  } finally {
    if (drawn) io.err(`\r${' '.repeat(barWidth + 40)}\r`);
  }
  const told = asResult(result);
  if (format === 'table') io.out(replayText(told, paint, io.clock.now()));
  else {
    const wire = z.encode(replaySchema, told);
    io.out(format === 'json' ? jsonText(wire) : stringify(wire));
  }
  return exitCode && told.instances.some(({ differences }) => differences > 0) ? exit.condition : exit.fine;
};

const asResult = (result: Replay | null): Replay => {
  if (result) return result;
  throw new BallastError('REPLAY_FAILED', 'the replay ended without a result', {
    hint: 'look into the log of the engine',
  });
};
