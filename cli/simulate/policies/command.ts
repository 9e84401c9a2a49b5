/** `scripts/simulate --policy-table`: which of it is played, and how it is printed. */
import { alternativeNames } from './alternatives.js';
import { contenderNames } from './contenders.js';
import { policyTable, sumsTable } from './print.js';
import { type Asked, everything, tabulate } from './table.js';

export interface TableOptions {
  readonly seeds: number;
  /** Names; none: all. */
  readonly condition: readonly string[];
  readonly fault: readonly string[];
  readonly contender: readonly string[];
  /** Of the defaults: names, `all`, or none. They are played by Ballast alone, beside the defaults. */
  readonly alternative: readonly string[];
  readonly json: boolean;
}

interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Throws where a name is unknown, and says which there are. */
const some = <T extends string>(what: string, all: readonly T[], asked: readonly string[]): readonly T[] => {
  const unknown = asked.find((name) => !all.some((known) => known === name));
  if (unknown !== undefined) throw new Error(`no ${what} "${unknown}"; there are: ${all.join(', ')}`);
  return asked.length === 0 ? all : all.filter((name) => asked.includes(name));
};

export const askedFor = (options: TableOptions): Asked => {
  const all = everything(options.seeds);
  const isCompared = options.alternative.length > 0;
  const alternatives = options.alternative.includes('all')
    ? alternativeNames
    : some('alternative', alternativeNames, options.alternative);
  const own = contenderNames.filter((name) => name.startsWith('ballast'));
  return {
    ...all,
    conditions: some('condition', all.conditions, options.condition),
    faults: some('fault', all.faults, options.fault),
    contenders: some('contender', isCompared ? own : contenderNames, options.contender),
    alternatives: isCompared ? [null, ...alternatives] : [null],
  };
};

export const playTable = async (options: TableOptions, { out, err }: Io): Promise<void> => {
  const cells = await tabulate(askedFor(options), (done, of) => {
    if (done % 100 === 0) err(`${done} of ${of} trials`);
  });
  if (options.json) for (const cell of cells) out(JSON.stringify(cell));
  else {
    if (options.alternative.length === 0) out(`${policyTable(cells)}\n\n`);
    out(sumsTable(cells));
  }
};
