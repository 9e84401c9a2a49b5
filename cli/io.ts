import type { Clock } from '../lib/clock.js';

/** The world of a command: data goes to `out`, everything else to `err`. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Resolves when what was given to `out` is on its way: before much more is made. */
  readonly drained: () => Promise<void>;
  /** Standard input, opened when it is asked for. */
  readonly input: () => AsyncIterable<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly colour: boolean;
  /** Somebody watches `err`: progress may be drawn there. */
  readonly terminal?: boolean;
  readonly clock: Clock;
  /** Aborts at Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Calls back at each SIGHUP from now on; without it a hangup ends the program. */
  readonly onHangup?: (listener: () => void) => void;
  /** Who is at the keyboard, for what is done in somebody's name. */
  readonly user: string;
}
