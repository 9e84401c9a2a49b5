/**
 * Whether a journal is whole: every act has its intent before it and its outcome after it, in order, under tokens that only
 * rise, and no line is missing. Pure; over one scheduler's journal, or over those of several that led in turn.
 */
import type { Action, JournalEntry } from '../client/index.js';
import type { Finding, JournalRule, JournalSpan, JournalReport } from '../client/index.js';
import { Histories } from './histories.js';
import { wordFindings } from './words.js';

export interface Known {
  /** Ids of the actions that are open in the ledger; null: nobody could say. */
  readonly open: ReadonlySet<string> | null;
  /** The journals of every scheduler that ever led are here: nothing can stand elsewhere. */
  readonly complete: boolean;
  /** Under which the scheduler of the only journal leads now; null: it does not, or there are several. */
  readonly token: number | null;
}

interface Span {
  lines: number;
  first: number | null;
  last: number | null;
  from: number | null;
  to: number | null;
  /** Highest token so far, and when its first line was decided. */
  token: number;
  tokenAt: number;
}

/** Takes lines one after the other, each journal's in the order of its sequence numbers, and tells at the end what is wrong. */
export class Verification {
  private readonly spans = new Map<string, Span>();
  private readonly found: Finding[] = [];
  private readonly histories = new Histories();
  private readonly words = new Set<string>();

  add(journal: string, entry: JournalEntry): void {
    const span = this.span(journal);
    if (span.last !== null && entry.seq !== span.last + 1)
      this.say('gap', journal, entry, `line ${span.last} is followed by line ${entry.seq}`);
    else if (span.last === null && entry.seq > 1)
      this.say('gap', journal, entry, `the first line is ${entry.seq}: those before it are not here`);
    span.lines += 1;
    span.first ??= entry.seq;
    span.last = entry.seq;
    span.from = Math.min(span.from ?? entry.at, entry.at);
    span.to = Math.max(span.to ?? entry.at, entry.at);
    this.token(journal, span, entry);
    if (entry.kind === 'system' && typeof entry.data['lostLines'] === 'number')
      this.say('lost', journal, entry, entry.text);
    if (entry.kind === 'human') for (const word of wordsOf(entry)) this.words.add(word);
    this.histories.add(journal, entry);
  }

  /** `actions`: as they were recorded last, for what people ordered or approved. */
  report(known: Known, actions: readonly Action[] = []): JournalReport {
    const findings = [
      ...this.found,
      ...this.histories.findings(known),
      ...wordFindings(actions, this.words, known.complete),
    ];
    const faults = findings.filter(({ level }) => level === 'fault');
    const notes = findings.filter(({ level }) => level === 'note');
    const journals = [...this.spans].map(([name, { lines, first, last, from, to }]): JournalSpan => {
      return { name, lines, first, last, from, to };
    });
    return { whole: faults.length === 0, actions: this.histories.size, journals, faults, notes };
  }

  private span(journal: string): Span {
    const known = this.spans.get(journal);
    if (known) return known;
    const span: Span = { lines: 0, first: null, last: null, from: null, to: null, token: 0, tokenAt: -Infinity };
    this.spans.set(journal, span);
    return span;
  }

  /**
   * A line may be written late, under the token that it was decided with; but nothing is decided under an old token once a
   * newer one was had.
   */
  private token(journal: string, span: Span, entry: JournalEntry): void {
    if (entry.token === null) return;
    if (entry.token > span.token) {
      span.token = entry.token;
      span.tokenAt = entry.at;
    } else if (entry.token < span.token && entry.at > span.tokenAt)
      this.say('token-fell', journal, entry, `token ${entry.token}, after ${span.token} was had`);
  }

  private say(rule: JournalRule, journal: string, { seq, at, action }: JournalEntry, text: string): void {
    this.found.push({ rule, level: 'fault', journal, seq, at, action, text });
  }
}

/** What a person's line speaks of: ids of orders, proposals and actions. */
const wordsOf = ({ action, data }: JournalEntry): readonly string[] =>
  [action, data['order'], data['proposal'], data['id']].filter((word) => typeof word === 'string');

/** All at once. `journals`: by name, each in the order of its sequence numbers. */
export const verifyJournals = (
  journals: Readonly<Record<string, readonly JournalEntry[]>>,
  known: Known,
  actions: readonly Action[] = [],
): JournalReport => {
  const verification = new Verification();
  for (const [name, entries] of Object.entries(journals)) for (const entry of entries) verification.add(name, entry);
  return verification.report(known, actions);
};
