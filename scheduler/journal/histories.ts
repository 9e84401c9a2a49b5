/** What the lines say of each action, put in order, and whether it makes sense. */
import { z } from 'zod';
import {
  actionOutcomeSchema,
  actionPhaseSchema,
  type Finding,
  type JournalEntry,
  type JournalRule,
} from '../client/index.js';
import type { Known } from './verify.js';

type Phase = z.infer<typeof actionPhaseSchema>;
const phases: readonly Phase[] = actionPhaseSchema.options;

/** One line about a phase. `takeover`: what a new leader found in the ledger, and so proof that it stood there. */
interface Mark {
  readonly journal: string;
  readonly seq: number;
  readonly at: number;
  readonly token: number;
  readonly phase: Phase;
  readonly takeover: boolean;
  readonly outcome: z.infer<typeof actionOutcomeSchema> | null;
}

interface History {
  readonly id: string;
  readonly target: string;
  readonly marks: Mark[];
}

const dataSchema = z.object({ phase: actionPhaseSchema, outcome: actionOutcomeSchema.nullable().default(null) });

/** Leaders in turn, then time, then the order in which they were written; of equal ones the earlier phase. */
const inOrder = (a: Mark, b: Mark): number =>
  a.token - b.token || a.at - b.at || phases.indexOf(a.phase) - phases.indexOf(b.phase) || a.seq - b.seq;

/** Outcomes that only a step can have. */
const ofStep: ReadonlySet<Mark['outcome']> = new Set(['verified', 'not-verified', 'inconclusive']);

/** The ledger keeps what ended for an hour: whoever leads anew within it finds it, and tells. */
const ledgerKeepsMs = 3_600_000;
/** Nothing is under way for so long. */
const longestMs = 86_400_000;

/** When something was first decided under each token, by journal: from then on it had read the ledger. */
type Reigns = ReadonlyMap<string, ReadonlyMap<number, number>>;

export class Histories {
  private readonly byId = new Map<string, History>();
  private readonly reigns = new Map<string, Map<number, number>>();
  private end = -Infinity;

  get size(): number {
    return this.byId.size;
  }

  add(journal: string, entry: JournalEntry): void {
    const { seq, at, kind, action, service, instance, token, data } = entry;
    this.end = Math.max(this.end, at);
    if (token !== null && isDecided(entry)) {
      const reigns = this.reigns.get(journal) ?? new Map<number, number>();
      if (!reigns.has(token)) this.reigns.set(journal, reigns.set(token, at));
    }
    if (action === null || (kind !== 'heal' && kind !== 'leader')) return;
    const read = dataSchema.safeParse(data);
    if (!read.success) return;
    const history = this.byId.get(action) ?? { id: action, target: `${service ?? ''}/${instance ?? ''}`, marks: [] };
    history.marks.push({ journal, seq, at, token: token ?? 0, takeover: kind === 'leader', ...read.data });
    this.byId.set(action, history);
  }

  findings(known: Known): readonly Finding[] {
    const all = [...this.byId.values()].map((history) => ({ ...history, marks: [...history.marks].sort(inOrder) }));
    const each = all.flatMap((history) => [
      ...beginning(history, known),
      ...order(history),
      ...stepped(history),
      ...ending(history, known, this.reigns, this.end),
    ]);
    return [...each, ...overlaps(all, known)];
  }
}

/** The word of a leader that leads proves nothing yet: it may not have read the ledger. */
const isDecided = ({ kind, action }: JournalEntry): boolean =>
  action !== null || kind === 'traffic' || kind === 'refusal' || kind === 'system';

/** An act without an end is a fault, unless it is open still, or others who led since may have ended it. */
const ending = (
  history: History,
  { open, complete, token }: Known,
  reigns: Reigns,
  end: number,
): readonly Finding[] => {
  const last = history.marks.at(-1);
  if (!last || history.marks.some(({ phase }) => phase === 'closed') || open?.has(history.id)) return [];
  const say = (level: Finding['level'], why: string): readonly Finding[] => [
    finding('no-outcome', level, history, last, `${last.phase} is the last that is told of it, and ${why}`),
  ];
  if (open === null)
    return end - last.at > longestMs
      ? say('fault', 'a day went by since')
      : say('note', 'the ledger, where it may be open, is not at hand');
  if (complete || last.token === token || wasToBeFound(last, reigns))
    return say('fault', 'it is not open in the ledger');
  return say('note', 'it is not open in the ledger; whoever led in between may have ended it');
};

/** Who led next here came so soon that the ledger still held it, even if another had ended it. */
const wasToBeFound = ({ journal, token, at }: Mark, reigns: Reigns): boolean => {
  const later = [...(reigns.get(journal) ?? [])].filter(([other]) => other > token).map(([, since]) => since);
  return later.some((since) => since - at < ledgerKeepsMs);
};

/** Two actions on one instance at a time. Of one that a new leader found nobody knows here when it began. */
const overlaps = (all: readonly History[], { complete }: Known): readonly Finding[] => {
  const started = all.flatMap((history) => history.marks.slice(0, 1).map((first) => ({ history, first })));
  const running = new Map<string, readonly History[]>();
  return started
    .sort((a, b) => inOrder(a.first, b.first))
    .flatMap(({ history, first }) => {
      const still = (running.get(history.target) ?? []).filter((other) => isUnderWay(other, first, complete));
      running.set(history.target, [...still, history]);
      const [other] = first.takeover ? [] : still;
      return other ? [finding('two-at-once', 'fault', history, first, `it began while ${other.id} was under way`)] : [];
    });
};

/** Where no end is told, and others may have led in between, it may have ended. */
const isUnderWay = ({ marks }: History, at: Mark, complete: boolean): boolean => {
  const end = marks.find(({ phase }) => phase === 'closed');
  if (end) return inOrder(end, at) > 0;
  return complete || (marks.at(-1)?.token ?? 0) >= at.token;
};

/** The first that is told is the intent, or that a new leader found it under way. */
const beginning = (history: History, { complete }: Known): readonly Finding[] => {
  const [first] = history.marks;
  if (!first || (first.phase === 'intent' && !first.takeover)) return [];
  if (first.takeover && !complete) return [];
  if (first.takeover)
    return [
      finding('no-intent', 'note', history, first, 'whoever wrote its intent to the ledger ended before telling'),
    ];
  return [finding('no-intent', 'fault', history, first, `${first.phase} is told, and no intent before it`)];
};

/**
 * What a new leader found may be behind: whoever led before may have been asleep in the middle of a write, which then went
 * through, since nobody had written in between. Only an end that is found is one.
 */
const order = (history: History): readonly Finding[] => {
  const entered = history.marks.filter(({ takeover, phase }) => !takeover || phase === 'closed');
  return entered.flatMap((mark, nth) => {
    const before = entered[nth - 1];
    if (!before || follows(before, mark)) return [];
    return [finding('out-of-order', 'fault', history, mark, `${mark.phase} after ${before.phase}`)];
  });
};

/** A phase may be entered anew (the next leader's step), an intent or an end may not; finding it is no entering. */
const follows = (before: Mark, { phase, takeover }: Mark): boolean => {
  const [was, is] = [phases.indexOf(before.phase), phases.indexOf(phase)];
  if (was !== is) return is > was;
  return takeover || before.takeover || (phase !== 'intent' && phase !== 'closed');
};

/** What only a step can lead to has a step before it. */
const stepped = (history: History): readonly Finding[] => {
  const needs = history.marks.find(({ phase, outcome }) => phase === 'verifying' || ofStep.has(outcome));
  const told = history.marks.some(({ phase }) => phase === 'stepping');
  if (!needs || needs.takeover || told || history.marks.some(({ takeover }) => takeover)) return [];
  return [
    finding('skipped', 'fault', history, needs, `${needs.outcome ?? needs.phase} is told, and no step before it`),
  ];
};

const finding = (
  rule: JournalRule,
  level: Finding['level'],
  { id }: History,
  { journal, seq, at }: Mark,
  text: string,
): Finding => ({ rule, level, journal, seq, at, action: id, text });
