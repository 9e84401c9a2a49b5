/** Reads the configuration again when its files change. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../lib/clock.js';
import { watchFiles } from '../lib/file-watch.js';
import type { Log } from '../lib/log.js';
import { filesIn } from './read.js';
import type { Reloader } from './reload.js';

/** How soon a change is seen: with the system's notices, and without them. */
const quietMs = 250;
const everyMs = 5_000;

/** A symbolic link counts as what it points to, however many steps away: so are ConfigMaps of Kubernetes replaced. */
const printOf = (file: string): string => {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat ? [file, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ') : `${file} -`;
};

/** One text for the state of all files; what cannot be looked at is a state as well. */
export const fingerprint = (directory: string, services: string): string =>
  [join(directory, 'ballast.yaml'), ...filesIn(services)]
    .map((file) => {
      try {
        return printOf(file);
      } catch {
        return `${file} ?`;
      }
    })
    .join('\n');

export interface ConfigWatchOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly quietMs?: number;
  readonly everyMs?: number;
}

/** Until the signal aborts; never rejects. Looks once at the start, for what was written since the configuration was loaded. */
export const watchConfiguration = (
  reloader: Reloader,
  { directory, clock, log, ...times }: ConfigWatchOptions,
  signal: AbortSignal,
): Promise<void> => {
  const reload = (): void => void reloader.reload('file');
  const services = (): string => reloader.configuration.ballast.servicesDirectory;
  const watching = watchFiles(
    {
      print: () => fingerprint(directory, services()),
      folders: () => [directory, services()],
      quietMs,
      everyMs,
      clock,
      log,
      ...times,
    },
    signal,
    reload,
  );
  reload();
  return watching;
};
