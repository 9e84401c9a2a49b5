/** The NGINX binary as a tool: test, dump, reload. Its own words are what people need to see, so they are kept. */
import { execFile } from 'node:child_process';
import type { GatewayConfig } from '../../config/index.js';

export interface Said {
  readonly ok: boolean;
  readonly stdout: string;
  /** What it said of errors, shortened. */
  readonly words: string;
}

/** Testing 10,000 servers takes 55 ms; whatever takes this long hangs. */
const limitMs = 30_000;
const longestDump = 256 * 1024 * 1024;
const longestWords = 2_000;

/** NGINX marks each line with its level; notices and warnings are no reasons. */
const reasons = (stderr: string): string => {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => /\[(?:emerg|alert|crit|error)\]/.test(line));
  return (errors.length > 0 ? errors : lines).join('\n').slice(0, longestWords);
};

const run = (binary: string, args: readonly string[], signal: AbortSignal): Promise<Said> =>
  new Promise((resolve) => {
    execFile(
      binary,
      args,
      { signal, timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: longestDump, encoding: 'utf8' },
      (error, stdout, stderr) => {
        const words = reasons(stderr) || (error ? `${binary}: ${error.message}`.slice(0, longestWords) : '');
        resolve({ ok: error === null, stdout, words });
      },
    );
  });

const prefixed = (prefix: string | null): readonly string[] => (prefix === null ? [] : ['-p', prefix]);

/** Tests a configuration and answers the text of all files that it consists of. */
export const dumpConfiguration = (
  { binary, prefix }: Pick<GatewayConfig, 'binary' | 'prefix'>,
  config: string,
  signal: AbortSignal,
): Promise<Said> => run(binary, ['-T', ...prefixed(prefix), '-c', config], signal);

/** Tells the master to reload. It only sends the signal: that it said yes proves nothing. */
export const signalReload = (
  { binary, prefix, config }: Pick<GatewayConfig, 'binary' | 'prefix' | 'config'>,
  signal: AbortSignal,
): Promise<Said> => run(binary, [...prefixed(prefix), '-c', config, '-s', 'reload'], signal);

/** Where the master's pid stands unless the configuration says otherwise, as compiled in. */
export const compiledIn = async (
  binary: string,
  signal: AbortSignal,
): Promise<{ readonly prefix: string; readonly pidFile: string }> => {
  const { words, stdout } = await run(binary, ['-V'], signal);
  const option = (name: string): string | undefined =>
    new RegExp(`--${name}=(\\S+)`).exec(`${stdout}\n${words}`)?.[1]?.replaceAll("'", '');
  return { prefix: option('prefix') ?? '/usr/local/nginx', pidFile: option('pid-path') ?? 'logs/nginx.pid' };
};
