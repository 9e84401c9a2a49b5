/** The command lines of our programs. Those under `scripts/` have one usage text each, and one way to say what is wrong. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { messageOf } from './errors.js';
import { packageRoot } from './paths.js';

/** As all commands of Ballast end where what was typed is wrong. */
const usageStatus = 64;

type Given<T extends ParseArgsConfig> = ReturnType<typeof parseArgs<T>>['values'];

export type CommandLine<T extends ParseArgsConfig> =
  | { readonly kind: 'values'; readonly values: Given<T> }
  /** To be printed, to stdout where the status is 0, else to stderr; then the program ends. */
  | { readonly kind: 'said'; readonly text: string; readonly status: number };

/** What was typed: its values, the usage where somebody asks for it (`--help`, `-h`), or one line on the mistake. */
export const readCommandLine = <T extends ParseArgsConfig>(
  args: readonly string[],
  usage: string,
  config: T,
): CommandLine<T> => {
  if (args.includes('--help') || args.includes('-h')) return { kind: 'said', text: `${usage}\n`, status: 0 };
  try {
    return { kind: 'values', values: parseArgs<T>({ ...config, args: [...args] }).values };
  } catch (error) {
    // Node explains at length how a positional may be written that begins with a dash.
    const [mistake = ''] = messageOf(error).split('. ');
    return { kind: 'said', text: `${mistake} (--help tells what there is)\n`, status: usageStatus };
  }
};

/** A reader of this process's output that has seen enough (`| head`) is no error. */
export const endWithTheReader = (): void => {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
};

/** The same of this process, which ends where there is nothing to be done. */
export const commandLine = <T extends ParseArgsConfig>(usage: string, config: T): Given<T> => {
  endWithTheReader();
  const read = readCommandLine(process.argv.slice(2), usage, config);
  if (read.kind === 'values') return read.values;
  (read.status === 0 ? process.stdout : process.stderr).write(read.text);
  process.exit(read.status);
};

/** A whole number of at least `least`; else a line that names the option, and the end. */
export const wholeNumber = (option: string, text: string, least: number): number => {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  process.stderr.write(`--${option} ${text}: expected a whole number from ${least}\n`);
  process.exit(usageStatus);
};

/** The comment at the head of a shell script of this repository, which tells its usage. */
export const headOf = (script: string): string => {
  const [, ...lines] = readFileSync(join(packageRoot, script), 'utf8').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('#'));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^# ?/, ''))
    .join('\n');
};
