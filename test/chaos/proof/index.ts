/**
 * Proves afterwards that the safety rules held, from what every scheduler left behind: its journal, and the ledgers. What
 * the world itself shows (processes, containers, clients) is for whoever watched it.
 */
import { actRules } from './acts.js';
import { type Evidence, storyOf } from './evidence.js';
import { journalRule } from './journal.js';
import { leadRules } from './leads.js';
import { trafficRules } from './traffic.js';

export type { Evidence, TestifiedJournal } from './evidence.js';

export interface Proven {
  /** By rule: how many facts were held against it. */
  readonly checked: Readonly<Record<string, number>>;
  readonly breaches: readonly string[];
}

export const rules = [...leadRules, ...actRules, ...trafficRules, journalRule];

export const prove = (evidence: Evidence): Proven => {
  const findings = rules.map((rule) => ({ name: rule.name, ...rule.check(evidence) }));
  return {
    checked: Object.fromEntries(findings.map(({ name, checked }) => [name, checked])),
    breaches: findings.flatMap(({ name, breaches }) => breaches.map((breach) => `${name}: ${breach}`)),
  };
};

export const nothingProven: Proven = { checked: {}, breaches: [] };

export const together = (all: readonly Proven[]): Proven => {
  const checked: Record<string, number> = {};
  for (const one of all)
    for (const [name, count] of Object.entries(one.checked)) checked[name] = (checked[name] ?? 0) + count;
  return { checked, breaches: all.flatMap(({ breaches }) => breaches) };
};

const lastLines = 60;

/** The end of all journals as one story, a line each. */
export const lastWords = (evidence: Evidence): readonly string[] =>
  storyOf(evidence)
    .slice(-lastLines)
    .map(({ journal, at, token, kind, code, instance, text }) =>
      [new Date(at).toISOString().slice(11, 23), journal, token ?? '-', code ?? kind, instance ?? '', text].join(' '),
    );
