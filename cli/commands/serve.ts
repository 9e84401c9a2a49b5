/** `ballast engine run` and `ballast scheduler run`: until Ctrl-C or SIGTERM, then an orderly end. SIGHUP reads the files again. */
import { once } from 'node:events';
import { makeAllYoung } from '../../lib/heap.js';
import { exit } from '../exit.js';
import type { ExitCode } from '../exit.js';
import type { Io } from '../io.js';

export interface Running {
  readonly url: string;
  /** Reads the configuration again; says in its log how that went. */
  reload(trigger: 'signal'): unknown;
  stop(): Promise<void>;
}

export type Start = (io: Io, configDirectory: string) => Promise<Running>;

export const serve = async (io: Io, start: Start, configDirectory: string): Promise<ExitCode> => {
  let running: Running | null = null;
  // Before it runs there is nothing to read again, and no reason to die of it.
  io.onHangup?.(() => running?.reload('signal'));
  running = await start(io, configDirectory);
  if (!io.signal.aborted) await once(io.signal, 'abort');
  await running.stop();
  return exit.fine;
};

/** Loaded only when asked for: a client command needs neither. */
export const startEngine: Start = async ({ clock, signal }, configDirectory) => {
  makeAllYoung();
  const { runEngine } = await import('../../engine/main.js');
  return runEngine({ configDirectory, clock, signal });
};

export const startScheduler: Start = async ({ clock, signal }, configDirectory) => {
  const { runScheduler } = await import('../../scheduler/main.js');
  return runScheduler({ configDirectory, clock, signal });
};
