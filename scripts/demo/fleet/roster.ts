/** Who belongs to the demo fleet, and the file that says so to every program that starts or stops its processes. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

export const demoServices = ['users', 'orders', 'payments'] as const;
export const instancesPerService = 3;

const memberSchema = z.object({ service: z.string(), id: z.string(), host: z.string(), port: z.int() });
export type Member = z.infer<typeof memberSchema>;

const rosterSchema = z.object({
  /** The service's compiled program, and the agent that it registers with. */
  program: z.string(),
  consul: z.string(),
  members: z.array(memberSchema).readonly(),
});
export type Roster = z.infer<typeof rosterSchema>;

const fileIn = (state: string): string => join(state, 'fleet.json');

export const writeRoster = async (state: string, roster: Roster): Promise<void> =>
  writeFile(fileIn(state), JSON.stringify(roster, null, 2));

export const readRoster = async (state: string): Promise<Roster> =>
  rosterSchema.parse(JSON.parse(await readFile(fileIn(state), 'utf8')));

/** `users-1` … on the ports given, in order. */
export const memberList = (ports: readonly number[]): readonly Member[] =>
  demoServices.flatMap((service, row) =>
    Array.from({ length: instancesPerService }, (_, column) => {
      const port = ports[row * instancesPerService + column];
      if (port === undefined) throw new Error(`${ports.length} ports are too few for the demo fleet`);
      return { service, id: `${service}-${column + 1}`, host: '127.0.0.1', port };
    }),
  );

export const memberArguments = (member: Member, consul: string): readonly string[] => [
  ...['--service', member.service, '--id', member.id],
  ...['--host', member.host, '--port', String(member.port), '--consul', consul],
];
