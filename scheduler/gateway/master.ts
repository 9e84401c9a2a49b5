/** The running NGINX: its master process, and how many generations of workers live. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readChildren, readProcess, readTitle, ticksPerSecond } from '../proc.js';

/** The pid file as the configuration names it; `dump` is the text of all of its files. */
export const pidFileOf = (
  dump: string,
  compiled: { readonly prefix: string; readonly pidFile: string },
  prefix: string | null,
): string => {
  const directive = /^[ \t]*pid[ \t]+(?:"([^"]+)"|'([^']+)'|([^\s;"']+))[ \t]*;/m.exec(dump);
  const path = directive?.[1] ?? directive?.[2] ?? directive?.[3] ?? compiled.pidFile;
  return resolve(prefix ?? compiled.prefix, path);
};

/**
 * The pid of a living master. A pid file outlives a killed master, and its number may belong to anybody by now, whom a
 * signal would hit: so the process must call itself an NGINX master.
 */
export const findMaster = async (
  pidFile: string,
): Promise<{ readonly pid: number; readonly why: null } | { readonly pid: null; readonly why: string }> => {
  let text: string;
  try {
    text = await readFile(pidFile, 'utf8');
  } catch {
    return { pid: null, why: `NGINX does not run: there is no pid file ${pidFile}` };
  }
  const pid = /^\d{1,9}\s*$/.test(text) ? Number(text) : 0;
  if (pid > 0 && (await readTitle(pid)).startsWith('nginx: master')) return { pid, why: null };
  return { pid: null, why: `NGINX does not run: ${pidFile} names ${pid || 'no pid'}, which is no NGINX master` };
};

/**
 * The master forks the workers of one reload one after the other, within hundredths of a second. Reloads are at least a second
 * apart, of which a busy machine may eat most before it forks: two taken for one would let a further reload pass, one
 * taken for two only lets a routine one wait.
 */
const togetherTicks = ticksPerSecond / 5;

/** How many times something began, given when each began. Pure. */
export const countGenerations = (startTicks: readonly number[]): number => {
  const sorted = [...startTicks].sort((a, b) => a - b);
  return sorted.filter((ticks, i) => ticks - (sorted[i - 1] ?? -Infinity) > togetherTicks).length;
};

const isLeaving = async (worker: number): Promise<boolean> => (await readTitle(worker)).includes('shutting down');

/** Workers that take new connections. */
export const acceptingWorkers = async (master: number): Promise<readonly number[]> => {
  const children = await readChildren(master);
  const leaving = await Promise.all(children.map(isLeaving));
  return children.filter((_, i) => leaving[i] === false);
};

/** Generations alive: those that still finish old responses, and the present one. */
export const liveGenerations = async (master: number): Promise<number> => {
  const children = await readChildren(master);
  const accepting = await acceptingWorkers(master);
  const leaving = await Promise.all(children.filter((pid) => !accepting.includes(pid)).map(readProcess));
  return 1 + countGenerations(leaving.flatMap((stat) => (stat ? [stat.startTicks] : [])));
};
