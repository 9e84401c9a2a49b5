/** What is left when everything is over, of all schedulers that ever acted here. */
import type { ServicePolicy } from '../../../config/index.js';
import type { Action, JournalEntry, Ledger } from '../../../scheduler/client/index.js';

export interface TestifiedJournal {
  readonly name: string;
  /** In the order in which they were written. */
  readonly entries: readonly JournalEntry[];
  /** Each as it was recorded last. */
  readonly actions: readonly Action[];
}

export interface Evidence {
  readonly journals: readonly TestifiedJournal[];
  readonly ledgers: readonly { readonly service: string; readonly ledger: Ledger }[];
  /** By service, as they were in force. */
  readonly policies: ReadonlyMap<string, ServicePolicy>;
  /** How many instances each service has. A journal that begins late tells only of those that changed since. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** What one rule looked at, and what it found. */
export interface Finding {
  readonly checked: number;
  readonly breaches: readonly string[];
}

export interface Rule {
  readonly name: string;
  readonly check: (evidence: Evidence) => Finding;
}

export interface Line extends JournalEntry {
  readonly journal: string;
}

/** All journals as one story; what bears the same time stays in each journal's own order. */
export const storyOf = ({ journals }: Evidence): readonly Line[] =>
  journals
    .flatMap(({ name, entries }) => entries.map((entry): Line => ({ ...entry, journal: name })))
    .sort((a, b) => a.at - b.at || (a.token ?? 0) - (b.token ?? 0) || a.seq - b.seq);

/** Every action that any journal or ledger knows, as it was known last. */
export const actionsOf = ({ journals, ledgers }: Evidence): readonly Action[] => {
  const known = new Map<string, Action>();
  const all = [
    ...journals.flatMap(({ actions }) => actions),
    ...ledgers.flatMap(({ ledger }) => [...ledger.open, ...ledger.closed]),
  ];
  for (const action of all) {
    const other = known.get(action.id);
    if (!other || other.phaseAt <= action.phaseAt) known.set(action.id, action);
  }
  return [...known.values()].sort((a, b) => a.intentAt - b.intentAt);
};

export const over = <T>(items: readonly T[], look: (item: T, nth: number) => readonly string[]): Finding => ({
  checked: items.length,
  breaches: items.flatMap(look),
});
