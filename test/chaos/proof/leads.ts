/** Rules about who acts: tokens, the lock, and what people said. */
import type { JournalEntry } from '../../../scheduler/client/index.js';
import { actionsOf, type Line, over, type Rule, storyOf, type TestifiedJournal } from './evidence.js';

const acts = (entry: JournalEntry): boolean => entry.kind === 'heal' || entry.kind === 'traffic';

const rising: Rule = {
  name: 'tokens only rise: whoever has a lower one does nothing any more',
  check: (evidence) => {
    let highest = 0;
    const story = storyOf(evidence).filter((line) => acts(line) || leadsUnder(line) !== null);
    return over(story, ({ journal, token, at, text }) => {
      const falls = token !== null && token < highest;
      highest = Math.max(highest, token ?? 0);
      return falls ? [`${journal} acts under ${token} after ${highest}, at ${at}: ${text}`] : [];
    });
  },
};

const inLedgers: Rule = {
  name: 'no ledger holds a phase of a newer leader than its own token',
  check: ({ ledgers }) =>
    over(ledgers, ({ service, ledger }) =>
      [...ledger.open, ...ledger.closed]
        .filter(({ token }) => token > ledger.token)
        .map(({ id, token }) => `${service}: ${id} bears ${token}, the ledger ${ledger.token}`),
    ),
};

/** Null: this line is not about taking the lock. */
const leadsUnder = ({ kind, action, text, token }: JournalEntry): number | null =>
  kind === 'leader' && action === null && text.startsWith('leads under') ? token : null;

interface Reign {
  readonly token: number;
  readonly from: number;
  /** Epoch milliseconds at which its end was noticed; a process that is killed notices nothing. */
  to: number;
}

const reignsOf = ({ entries }: TestifiedJournal): readonly Reign[] => {
  const reigns: Reign[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'leader' || entry.action !== null) continue;
    const last = reigns.at(-1);
    if (last) last.to = Math.min(last.to, entry.at);
    const token = leadsUnder(entry);
    if (token !== null) reigns.push({ token, from: entry.at, to: Infinity });
  }
  return reigns;
};

const locked: Rule = {
  name: 'whoever acts has taken the lock before, under that token, and not lost it',
  check: ({ journals }) => {
    const findings = journals.map((journal) => {
      const reigns = reignsOf(journal);
      return over(journal.entries.filter(acts), ({ at, token, text }) => {
        const reign = reigns.find((one) => one.token === token && one.from <= at && at <= one.to);
        return reign ? [] : [`${journal.name} acts under ${token ?? 'no token'} without the lock, at ${at}: ${text}`];
      });
    });
    return {
      checked: findings.reduce((sum, { checked }) => sum + checked, 0),
      breaches: findings.flatMap(({ breaches }) => breaches),
    };
  },
};

const onlyOne: Rule = {
  name: 'no token belongs to two schedulers',
  check: ({ journals }) => {
    const owners = new Map<number, Set<string>>();
    for (const { name, entries } of journals)
      for (const entry of entries) {
        const token = leadsUnder(entry);
        if (token !== null) owners.set(token, (owners.get(token) ?? new Set()).add(name));
      }
    return over([...owners], ([token, names]) =>
      names.size === 1 ? [] : [`${[...names].join(' and ')} led under ${token}`],
    );
  },
};

interface Silence {
  readonly scope: string;
  readonly from: number;
  readonly to: number;
}

/** Pauses as people made and ended them, from the lines with their names. */
const pausesOf = (story: readonly Line[]): readonly Silence[] => {
  const pauses: Silence[] = [];
  for (const { kind, code, data, at, text } of story) {
    if (kind !== 'human' || code !== 'PAUSED') continue;
    const scope =
      typeof data['scope'] === 'string' ? data['scope'] : (/ ended the pause of (\S+)$/.exec(text)?.[1] ?? '');
    const begins = typeof data['scope'] === 'string';
    const open = pauses.findIndex((pause) => pause.scope === scope && pause.to > at);
    const before = pauses[open];
    if (before) pauses[open] = { ...before, to: at };
    const until = typeof data['until'] === 'string' ? Date.parse(data['until']) : data['until'];
    if (begins) pauses.push({ scope, from: at, to: typeof until === 'number' ? until : Infinity });
  }
  return pauses;
};

const obeyed: Rule = {
  name: 'nothing begins against a pause',
  check: (evidence) => {
    const pauses = pausesOf(storyOf(evidence));
    return over(actionsOf(evidence), ({ id, service, instance, intentAt }) => {
      const scopes = ['all', `service/${service}`, `instance/${service}/${instance}`];
      const pause = pauses.find(({ scope, from, to }) => scopes.includes(scope) && from < intentAt && intentAt < to);
      return pause ? [`${id} began while ${pause.scope} was paused`] : [];
    });
  },
};

export const leadRules: readonly Rule[] = [rising, inLedgers, locked, onlyOne, obeyed];
