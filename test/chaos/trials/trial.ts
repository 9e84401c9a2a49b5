import type { Session } from '../../support/stage/files.js';
import type { Proven } from '../proof/index.js';
import type { Scene } from './scene.js';

/** One fault, what is expected, and how it is played. The scene notes what is seen, and whatever is not as expected. */
export interface Trial {
  readonly name: string;
  readonly fault: string;
  readonly expected: string;
  /** Of the leader's lock; the shortest that Consul takes unless given. */
  readonly session?: Session;
  readonly play: (scene: Scene) => Promise<void>;
}

/** What came of it: a row of the table. */
export interface Row {
  readonly name: string;
  readonly fault: string;
  readonly expected: string;
  readonly seen: string;
  readonly ok: boolean;
  /** Empty: everything was as expected. */
  readonly wrong: readonly string[];
  /** Of all requests of clients meanwhile, those that failed. */
  readonly errors: number;
  readonly requests: number;
  readonly seconds: number;
  readonly proven: Proven;
  /** The last lines of all journals, where something was not as expected: for whoever looks into it. */
  readonly story: readonly string[];
}
