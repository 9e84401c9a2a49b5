import { pino } from 'pino';

/** Messages are static sentences; what varies goes into fields. error = act now, warn = look tomorrow. */
export type Log = pino.Logger;

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly name: string;
  /** Standard error unless given: standard output is for data. */
  readonly destination?: pino.DestinationStream;
}

const secrets = ['token', 'tokens', '*.token', '*.tokens', 'authorization', '*.authorization', '*.*.token'];

/** JSON lines, written synchronously so that the last words before a crash are not lost; secrets are redacted by key. */
export const createLog = ({ level, name, destination }: LogOptions): Log =>
  pino(
    {
      level,
      name,
      redact: secrets,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? pino.destination({ dest: 2, sync: true }),
  );
