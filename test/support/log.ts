import { createLog, type Log } from '../../lib/log.js';

export interface HeardLog {
  readonly log: Log;
  /** Everything that was logged, as it would stand in the file. */
  readonly lines: Record<string, unknown>[];
}

/** A real log whose lines a test can read. */
export const hearLog = (level: 'debug' | 'info' | 'warn' | 'error' = 'info'): HeardLog => {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { log: createLog({ level, name: 'test', destination }), lines };
};
