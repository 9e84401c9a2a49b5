/** A command for a step: an argument list with places for whole values that were validated before. Pure. */
import { instanceIdPattern, serviceNamePattern } from '../../config/index.js';

export interface ArgumentValues {
  readonly instance: string;
  readonly service: string;
  /** Null: the process is gone. */
  readonly pid: number | null;
}

export type Filled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** What stands for the pid of a process that is gone: never a number, since `kill 0` means everybody. */
export const noPid = 'none';

const valueOf = (name: string, { instance, service, pid }: ArgumentValues): string | null => {
  switch (name) {
    case 'instance.id':
      return instanceIdPattern.test(instance) ? instance : null;
    case 'service':
      return serviceNamePattern.test(service) ? service : null;
    case 'pid':
      return pid === null ? noPid : String(pid);
    default:
      return null;
  }
};

/**
 * Replaces `{{instance.id}}`, `{{service}}` and `{{pid}}`. None of the values can begin with a dash, hold a space or a
 * slash, so that none becomes an option, a second argument or another path; no shell ever sees them.
 */
export const fillPlaces = (text: string, values: ArgumentValues): Filled<string> => {
  let why: string | null = null;
  const value = text.replace(/\{\{\s*([^{}]*?)\s*\}\}/g, (place, name: string) => {
    const found = valueOf(name, values);
    if (found === null) why = `${place} has no fit value (instance.id, service and pid are known)`;
    return found ?? place;
  });
  return why === null ? { ok: true, value } : { ok: false, why };
};

export const fillArguments = (
  command: readonly string[],
  values: ArgumentValues,
): Filled<{ readonly program: string; readonly args: readonly string[] }> => {
  const [program, ...rest] = command;
  if (!program) return { ok: false, why: 'runtime.exec names no program' };
  if (program.includes('{{'))
    return { ok: false, why: `the program itself (${program}) cannot hold a place for a value` };
  const args: string[] = [];
  for (const each of rest) {
    const filled = fillPlaces(each, values);
    if (!filled.ok) return filled;
    args.push(filled.value);
  }
  return { ok: true, value: { program, args } };
};
