import type { ServicePolicy } from '../../config/index.js';
import type { Episode, Notification, NotifyLevel, ReasonCode, Subject, Verdict } from '../client/index.js';
import type { Decision, World } from '../model.js';

/** What is so now: a decision, and the world that it was made on. */
export interface Situation {
  readonly world: World;
  readonly decision: Decision;
  readonly now: number;
  /** Null, or why Consul cannot be asked about the lock. */
  readonly lockTrouble: string | null;
}

/** Something that happened within a trouble; told once. */
export interface Fact {
  /** Its name within the episode, the same whoever leads. */
  readonly key: string;
  readonly level: NotifyLevel;
  readonly text: string;
}

/** Something that a person should know, for as long as it lasts. */
export interface Trouble {
  /** Its name, as long as it lasts: `orders/orders-1`, `orders/PANIC`, `-/gateway`. */
  readonly key: string;
  readonly about: Subject;
  readonly code: ReasonCode | null;
  /** Its start, where everybody knows it; null: when it is first seen. */
  readonly since: number | null;
  readonly level: NotifyLevel;
  readonly text: string;
  /** Oldest first. */
  readonly facts: readonly Fact[];
  readonly numbers: Readonly<Record<string, number | null>>;
  readonly verdicts: readonly Verdict[];
  readonly command: string;
  /** Must last so long before it is told. */
  readonly afterMs: number;
  /** Part of something larger that is told already: not told by itself as long as that lasts. */
  readonly within: string | null;
  /** For the summary, unless it pages. */
  readonly notify: ServicePolicy['heal']['notify'];
}

/** What is said when a trouble is over. */
export type Ending = (episode: Episode) => string;

/** What was told so far. Plain data. */
export interface NotifyMemory {
  readonly episodes: ReadonlyMap<string, Episode>;
  /** Troubles that have not lasted long enough, by key: since when. */
  readonly pending: ReadonlyMap<string, number>;
  readonly gathered: readonly string[];
  /** Of the first that was gathered; null: nothing was. */
  readonly gatheredSince: number | null;
}

export const nothingTold: NotifyMemory = {
  episodes: new Map(),
  pending: new Map(),
  gathered: [],
  gatheredSince: null,
};

/** What a message says beside what its trouble says. */
export interface Teller {
  readonly node: string;
  readonly token: number | null;
  /** Links begin with it, without a slash at its end. */
  readonly link: string;
  readonly summaryMs: number;
}

export interface Folded {
  readonly memory: NotifyMemory;
  readonly messages: readonly Notification[];
}
