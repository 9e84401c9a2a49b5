/** Processes of the fleet on `exec`: a pid file each, nobody who watches over them. */
import { spawn } from 'node:child_process';
import { existsSync, openSync, closeSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { memberArguments, type Member, type Roster } from './roster.js';

export const pidFile = (state: string, id: string): string => join(state, `${id}.pid`);
/** While this file is there nothing is started any more: the fleet is being taken down. */
export const closedFile = (state: string): string => join(state, 'closed');

const lookEveryMs = 20;
const graceMs = 5_000;
const startWithinMs = 10_000;

/** The pid in the file, if a process of that instance has it: a pid may long belong to somebody else. */
export const runningPid = (state: string, id: string): number | null => {
  try {
    const pid = Number(readFileSync(pidFile(state, id), 'utf8'));
    if (!Number.isInteger(pid) || pid <= 1) return null;
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words[words.indexOf('--id') + 1] === id && words.includes('--consul') ? pid : null;
  } catch {
    return null;
  }
};

const until = async (condition: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> => {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await delay(lookEveryMs);
  }
  return true;
};

const answers = async (member: Member): Promise<boolean> =>
  fetch(`http://${member.host}:${member.port}/health`, { signal: AbortSignal.timeout(1_000) }).then(
    (answer) => answer.ok,
    () => false,
  );

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already: what was wanted.
  }
};

/** The pid file stays: who looks in the middle of a restart is to find that this process is gone, not nothing. */
export const stopMember = async (state: string, id: string): Promise<void> => {
  const pid = runningPid(state, id);
  if (pid !== null) {
    signal(pid, 'SIGTERM');
    if (!(await until(() => runningPid(state, id) !== pid, graceMs))) signal(pid, 'SIGKILL');
    if (!(await until(() => runningPid(state, id) !== pid, graceMs)))
      throw new Error(`${id} (pid ${pid}) cannot be killed`);
  }
};

export const killMember = (state: string, id: string): void => {
  const pid = runningPid(state, id);
  if (pid === null) throw new Error(`${id} does not run`);
  signal(pid, 'SIGKILL');
};

export const startMember = async (state: string, roster: Roster, member: Member): Promise<void> => {
  if (runningPid(state, member.id) !== null) return;
  if (existsSync(closedFile(state))) throw new Error('the fleet is being taken down; nothing is started any more');
  const log = openSync(join(state, `${member.id}.log`), 'a');
  const child = spawn(process.execPath, [roster.program, ...memberArguments(member, roster.consul)], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  if (child.pid === undefined) throw new Error(`${member.id} could not be started`);
  await writeFile(pidFile(state, member.id), `${child.pid}\n`);
  if (existsSync(closedFile(state))) await stopMember(state, member.id);
  if (!(await until(() => answers(member), startWithinMs)))
    throw new Error(
      `${member.id} does not answer on ${member.host}:${member.port}; see ${join(state, `${member.id}.log`)}`,
    );
};
