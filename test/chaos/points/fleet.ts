/** The instances that are healed over and over, as processes or containers, and what was done to them. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../../scripts/demo/environment/ports.js';

export const service = 'orders';
const count = 3;
export const instanceProgram = join(dirname(fileURLToPath(import.meta.url)), 'instance.js');

export interface CrashMember {
  readonly id: string;
  readonly port: number;
}

export interface CrashFleet {
  /** `runtime:` of the service file. */
  readonly runtime: unknown;
  readonly members: readonly CrashMember[];
  start(): Promise<void>;
  /** New processes since the last call, by instance: as the runtime's own books say, not the scheduler's. */
  begun(): Promise<readonly string[]>;
  /** What should be gone once a healing is over, like a container that was replaced. */
  leftOver(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export const newMembers = async (): Promise<readonly CrashMember[]> =>
  (await freePorts(count)).map((port, i) => ({ id: `${service}-${i + 1}`, port }));

/** Which process answers at its address; null: none. */
export const processOf = async ({ port }: CrashMember): Promise<string | null> => {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1_000) });
    return (await answer.text()).trim();
  } catch {
    return null;
  }
};

/** `fault`: it says that it is sick from now on, until it is restarted; `cure`: it is well again. */
export const tell = async ({ port }: CrashMember, what: 'fault' | 'cure'): Promise<void> => {
  await fetch(`http://127.0.0.1:${port}/${what}`, { method: 'POST', signal: AbortSignal.timeout(3_000) });
};
