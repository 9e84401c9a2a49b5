/** Arguments and options that several commands share. */
import { Argument, InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { Context } from '../commands/context.js';
import type { ExitCode } from '../exit.js';
import type { Io } from '../io.js';

/** What a command came to; commander itself returns nothing. */
export type Finish = (code: ExitCode) => void;

/** What a group of commands is given to stand on. */
export interface Ground {
  readonly program: Command;
  readonly io: Io;
  /** The two services, by the addresses of the command line. */
  readonly context: () => Context;
  readonly finish: Finish;
}

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000)
    throw new InvalidArgumentError('A number from 1 to 10000.');
  return value;
};

/** The command that others are grouped under, made by whoever comes first. */
export const groupOf = (program: Command, name: string, description: string): Command =>
  program.commands.find((each) => each.name() === name) ?? program.command(name).description(description);

/** `ballast check …`. */
export const checks = (program: Command): Command =>
  groupOf(program, 'check', 'looks at files and pages without any service');

export const scopeArgument = (text: string): Argument => new Argument('[scope]', text);
export const formatOption = (choices: readonly string[], otherwise: string): Option =>
  new Option('-o, --output <format>', 'how to print it').choices(choices).default(otherwise);
export const limitOption = (otherwise: number): Option =>
  new Option('--limit <n>', 'at most so many lines of the past').argParser(count).default(otherwise);
