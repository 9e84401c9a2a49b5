/** Runs a helper command to its end, or until it is called off; what is kept of its output is bounded. */
import { spawn } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../lib/errors.js';

export interface CommandResult {
  /** False: `still` refused, nothing was started. */
  readonly begun: boolean;
  /** Null: it could not be started, or was killed. */
  readonly code: number | null;
  /** The end of what it said, and how it ended where that was not by itself. */
  readonly text: string;
}

export interface CommandOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Asked right before it is started. */
  readonly still: () => boolean;
}

const keptBytes = 2_000;

const endOf = async (path: string): Promise<string> => {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(keptBytes),
      0,
      keptBytes,
      Math.max(0, size - keptBytes),
    );
    return buffer.subarray(0, bytesRead).toString('utf8').trim();
  } finally {
    await handle.close();
  }
};

interface End {
  readonly code: number | null;
  readonly how: string | null;
}

/**
 * The command gets a process group of its own, which is killed whole when the signal aborts. Its output
 * goes to a file and not into a pipe: a service that it starts and that keeps this output must not break when we end.
 */
export const runCommand = async (options: CommandOptions, signal: AbortSignal): Promise<CommandResult> => {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-exec-'));
  const path = join(folder, 'output');
  try {
    const output = await open(path, 'a', 0o600);
    if (!options.still()) {
      await output.close();
      return { begun: false, code: null, text: '' };
    }
    const end = await perform(options, output.fd, signal).finally(() => output.close());
    const said = await endOf(path);
    return { begun: true, code: end.code, text: [end.how, said].filter((text) => text).join(': ') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const perform = async ({ program, args, env }: CommandOptions, output: number, signal: AbortSignal): Promise<End> => {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', output, output],
    detached: true,
    shell: false,
  });
  const ended = new Promise<End>((resolve) => {
    child.on('error', (error) => resolve({ code: null, how: `could not be started: ${messageOf(error)}` }));
    child.on('exit', (code, name) => resolve({ code, how: name === null ? null : `ended by ${name}` }));
  });
  const kill = (): void => {
    if (child.pid !== undefined) killGroup(child.pid);
  };
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  const { code, how } = await ended;
  signal.removeEventListener('abort', kill);
  return { code, how: signal.aborted ? `killed: ${messageOf(signal.reason)}` : how };
};

const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
};
