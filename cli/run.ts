import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { BallastError, messageOf } from '../lib/errors.js';
import { exit, exitCodeOf } from './exit.js';
import type { ExitCode } from './exit.js';
import type { Io } from './io.js';
import { createProgram } from './program.js';

/** Help and version end a run well; whatever else commander complains of is a mistake of the command line. */
const codeOfCommander = ({ exitCode }: CommanderError): ExitCode => (exitCode === 0 ? exit.fine : exit.usage);

const wire = (command: Command, io: Io): void => {
  command.exitOverride();
  command.configureOutput({ writeOut: io.out, writeErr: io.err });
  for (const child of command.commands) wire(child, io);
};

/** Runs one command line and resolves to its exit code; never rejects. */
export const run = async (argv: readonly string[], io: Io): Promise<ExitCode> => {
  let code: ExitCode = exit.fine;
  const program = createProgram(io, (finished) => {
    code = finished;
  });
  wire(program, io);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return codeOfCommander(error);
    const hint = error instanceof BallastError && error.hint !== null ? `  ${error.hint}\n` : '';
    io.err(`ballast: ${messageOf(error)}\n${hint}`);
    return exitCodeOf(error);
  }
};
