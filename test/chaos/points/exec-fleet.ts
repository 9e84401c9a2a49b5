import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import type { Pace } from './fast-clock.js';
import { type CrashFleet, instanceProgram, localMembers, processOf, register } from './fleet.js';

/** Whatever its parent is by now, a process that is gone has no command line any more. */
const script = (state: string, pace: Pace): string => `#!/bin/sh
set -eu
cd '${state}'
echo "$1" >> begun
pid=$(cat "$1.pid")
alive() { [ -n "$(tr -d '\\0' <"/proc/$pid/cmdline" 2>/dev/null)" ]; }
if alive; then kill -TERM "$pid"; fi
while alive; do sleep 0.01; done
[ ! -e closed ] || exit 1
setsid '${process.execPath}' '${instanceProgram}' "$1" "$(cat "$1.port")" '${state}/'"$1.pid" ${pace.origin} ${pace.speed} >>instances.log 2>&1 &
while [ "$(cat "$1.pid")" = "$pid" ]; do sleep 0.02; done
`;

/** Processes with a pid file each, restarted and replaced by a script that writes down each time it is called. */
export const execCrashFleet = async (state: string, pace: Pace): Promise<CrashFleet> => {
  const members = await localMembers();
  const [restart, replace] = [join(state, 'restart'), join(state, 'replace')];
  const pidOf = async (id: string): Promise<number> => Number(await readFile(join(state, `${id}.pid`), 'utf8'));
  return {
    runtime: {
      exec: {
        restart: [restart, '{{instance.id}}'],
        replace: [replace, '{{instance.id}}'],
        pid_file: join(state, '{{instance.id}}.pid'),
      },
    },
    members,
    consulAlsoAt: null,
    start: async (consul) => {
      for (const path of [restart, replace]) await writeFile(path, script(state, pace), { mode: 0o755 });
      for (const member of members) {
        const { id, port } = member;
        await writeFile(join(state, `${id}.port`), `${port}\n`);
        const words = [instanceProgram, id, port, join(state, `${id}.pid`), pace.origin, pace.speed];
        spawn(process.execPath, words.map(String), { detached: true, stdio: 'ignore' }).unref();
        await eventually(async () => (await processOf(member)) !== null);
      }
      await register(consul, members);
    },
    begun: async () => {
      const file = join(state, 'begun');
      const text = await readFile(file, 'utf8').catch(() => '');
      await rm(file, { force: true });
      return text.split('\n').filter(Boolean);
    },
    leftOver: () => Promise.resolve([]),
    stop: async () => {
      await writeFile(join(state, 'closed'), '');
      for (const member of members) {
        if ((await processOf(member)) === null) continue;
        process.kill(await pidOf(member.id), 'SIGKILL');
        await eventually(async () => (await processOf(member)) === null);
      }
    },
  };
};
