/** A process of this machine as /proc shows it. Shared by the rooms that must know exactly which process they mean. */
import { readFile } from 'node:fs/promises';

export interface ProcessStat {
  readonly pid: number;
  /** `Z`: dead, and not yet collected by its parent. */
  readonly state: string;
  /** Since boot, in clock ticks of 10 ms. With the pid it names a process exactly. */
  readonly startTicks: number;
}

/** /proc shows times in ticks of 1/100 s to programs, whatever the kernel's own rate is. */
export const ticksPerSecond = 100;

/** One line of /proc/<pid>/stat; null: unlike any. The name, in parentheses, may itself hold spaces and parentheses. */
export const parseStat = (text: string): ProcessStat | null => {
  const found = /^(\d+) \(.*\) (\S) (.*)$/s.exec(text.trim());
  // The third group begins with field 4 (ppid); starttime is field 22.
  const startTicks = Number(found?.[3]?.split(' ')[18]);
  if (!found?.[1] || !found[2] || !Number.isFinite(startTicks)) return null;
  return { pid: Number(found[1]), state: found[2], startTicks };
};

const readOrNull = async (path: string): Promise<string | null> => {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
};

/** Null: no such process, or it is dead already. */
export const readProcess = async (pid: number): Promise<ProcessStat | null> => {
  const text = await readOrNull(`/proc/${pid}/stat`);
  const stat = text === null ? null : parseStat(text);
  return stat && stat.state !== 'Z' && stat.state !== 'X' ? stat : null;
};

/** The title, as a process may set it. */
export const readTitle = async (pid: number): Promise<string> =>
  ((await readOrNull(`/proc/${pid}/cmdline`)) ?? '').replaceAll('\0', ' ').trim();

export const readChildren = async (pid: number): Promise<readonly number[]> =>
  ((await readOrNull(`/proc/${pid}/task/${pid}/children`)) ?? '')
    .split(' ')
    .flatMap((text) => (text ? [Number(text)] : []));
