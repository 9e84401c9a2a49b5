/** The instances that are healed over and over, as processes or containers, and what was done to them. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../../scripts/demo/environment/ports.js';

export const service = 'orders';
export const count = 3;
export const instanceProgram = join(dirname(fileURLToPath(import.meta.url)), 'instance.js');

export interface CrashMember {
  readonly id: string;
  /** `HOST:PORT`, where it is registered now. */
  readonly at: () => Promise<string>;
}

export interface CrashFleet {
  /** `runtime:` of the service file. */
  readonly runtime: unknown;
  readonly members: readonly CrashMember[];
  /** Where Consul must listen besides the loopback address, as `HOST`; null: nowhere. */
  readonly consulAlsoAt: string | null;
  /** Resolves when all run and are registered in the Consul at that address. */
  start(consul: string): Promise<void>;
  /** New processes since the last call, by instance: as the runtime's own books say, not the scheduler's. */
  begun(): Promise<readonly string[]>;
  /** What should be gone once a healing is over, like a container that was replaced. */
  leftOver(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface LocalMember extends CrashMember {
  readonly port: number;
}

/** Of this host, at ports that stay the same. */
export const localMembers = async (): Promise<readonly LocalMember[]> =>
  (await freePorts(count)).map((port, i) => ({
    id: `${service}-${i + 1}`,
    port,
    at: () => Promise.resolve(`127.0.0.1:${port}`),
  }));

/** For those who do not do it themselves. */
export const register = async (consul: string, members: readonly LocalMember[]): Promise<void> => {
  for (const { id, port } of members)
    await fetch(`${consul}/v1/agent/service/register`, {
      method: 'PUT',
      body: JSON.stringify({ ID: id, Name: service, Address: '127.0.0.1', Port: port }),
    });
};

const said = async ({ at }: CrashMember, path: string, method: 'GET' | 'POST'): Promise<string> => {
  const answer = await fetch(`http://${await at()}${path}`, { method, signal: AbortSignal.timeout(3_000) });
  return (await answer.text()).trim();
};

/** Which process answers at its address; null: none. */
export const processOf = (member: CrashMember): Promise<string | null> => said(member, '/', 'GET').catch(() => null);

/** How often the process that runs now was asked to mend itself. */
export const askedOf = async (member: CrashMember): Promise<number> => Number(await said(member, '/asked', 'GET'));

/** `fault`: it says that it is sick from now on, until it is restarted or mends itself; `cure`: it is well again. */
export const tell = async (member: CrashMember, what: 'fault' | 'cure'): Promise<void> => {
  await said(member, `/${what}`, 'POST');
};
