import { type FSWatcher, realpathSync, watch } from 'node:fs';
import { Bell } from './bell.js';
import type { Clock } from './clock.js';
import { messageOf } from './errors.js';
import type { Log } from './log.js';
import { pause } from './loop.js';

export interface FileWatchOptions {
  /** What the files look like now: another text means that they changed. Must not throw. */
  readonly print: () => string;
  /** Folders in which something happens when they change; a hint to look at once. */
  readonly folders: () => readonly string[];
  /** A look without any hint: not every file system gives them. */
  readonly everyMs: number;
  /** A change is told once nothing changed for as long: whoever writes a file may do it in pieces. */
  readonly quietMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Somebody who never stops writing is not waited for longer. */
const patienceMs = 10_000;

const realOf = (folder: string): string | null => {
  try {
    return realpathSync(folder);
  } catch {
    return null;
  }
};

/** The system's own notices of what happens in folders; where they are not to be had, there are none. */
class Hints {
  readonly #watchers = new Map<string, FSWatcher>();
  #told = false;

  constructor(
    private readonly log: Log,
    private readonly onHint: () => void,
  ) {}

  /** A folder may be replaced, by a symbolic link or a rename: it is followed by what it is now. */
  follow(folders: readonly string[]): void {
    const now = new Set(folders.flatMap((folder) => realOf(folder) ?? []));
    for (const [folder, watcher] of this.#watchers) if (!now.has(folder)) this.#drop(folder, watcher);
    for (const folder of now) if (!this.#watchers.has(folder)) this.#add(folder);
  }

  close(): void {
    for (const [folder, watcher] of this.#watchers) this.#drop(folder, watcher);
  }

  #add(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, this.onHint);
      this.#watchers.set(folder, watcher);
      watcher.on('error', () => this.#drop(folder, watcher));
    } catch (error) {
      if (!this.#told) this.log.warn({ folder, why: messageOf(error) }, 'a folder is looked at now and then only');
      this.#told = true;
    }
  }

  #drop(folder: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#watchers.get(folder) === watcher) this.#watchers.delete(folder);
  }
}

/** Tells of every change until the signal aborts; never rejects. A change and its undoing within a moment are none. */
export const watchFiles = async (
  { print, folders, everyMs, quietMs, clock, log }: FileWatchOptions,
  signal: AbortSignal,
  onChange: () => void,
): Promise<void> => {
  const bell = new Bell();
  const hints = new Hints(log, () => bell.ring());
  let told = print();
  while (!signal.aborted) {
    hints.follow(folders());
    await bell.wait(clock, everyMs, signal);
    const settled = await settle(print, told, { quietMs, clock }, signal);
    if (settled === null || settled === told) continue;
    told = settled;
    onChange();
  }
  hints.close();
};

/** What it looks like once it stands still; null: the signal aborted. */
const settle = async (
  print: () => string,
  told: string,
  { quietMs, clock }: { readonly quietMs: number; readonly clock: Clock },
  signal: AbortSignal,
): Promise<string | null> => {
  const deadline = clock.mono() + patienceMs;
  for (let seen = print(); ;) {
    if (seen === told || clock.mono() > deadline) return seen;
    if (!(await pause(clock, quietMs, signal))) return null;
    const again = print();
    if (again === seen) return again;
    seen = again;
  }
};
