/** The fleet as plain processes of this machine. */
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closedFile, startMember, stopMember } from './process.js';
import { readRoster, writeRoster, type Roster } from './roster.js';
import type { Fleet } from './types.js';

const fleetctl = join(dirname(fileURLToPath(import.meta.url)), 'fleetctl.js');

export const execFleet = (state: string): Fleet => {
  const control = [process.execPath, fleetctl, '--state', state];
  return {
    section: {
      exec: { restart: [...control, 'restart', '{{instance.id}}'], pid_file: join(state, '{{instance.id}}.pid') },
    },
    start: async (roster: Roster) => {
      await writeRoster(state, roster);
      await Promise.all(roster.members.map((member) => startMember(state, roster, member)));
    },
    stop: async () => {
      const roster = await readRoster(state).catch(() => null);
      if (!roster) return;
      await writeFile(closedFile(state), '');
      await Promise.all(roster.members.map((member) => stopMember(state, member.id)));
    },
    killCommand: (id) => [...control, 'kill', id].join(' '),
  };
};
