import type { Roster } from './roster.js';

/** The demo's instances as processes of one runtime. */
export interface Fleet {
  /** The `runtime:` section of each service file. */
  readonly section: unknown;
  start(roster: Roster): Promise<void>;
  /** Ends every process of the fleet, whoever started it last. Safe at any time, also twice. */
  stop(): Promise<void>;
  /** A command for people that kills one instance outright. */
  killCommand(id: string): string;
}
