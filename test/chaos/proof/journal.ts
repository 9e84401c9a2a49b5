import { verifyJournals } from '../../../scheduler/journal/verify.js';
import { actionsOf, type Rule } from './evidence.js';

/** The product's own check, which `GET /v1/journal/verify` makes for people, over the journals of all who ever led. */
export const journalRule: Rule = {
  name: 'the journals are whole, as `GET /v1/journal/verify` would find',
  check: (evidence) => {
    const journals = Object.fromEntries(evidence.journals.map(({ name, entries }) => [name, entries]));
    const open = new Set(evidence.ledgers.flatMap(({ ledger }) => ledger.open.map(({ id }) => id)));
    const { faults } = verifyJournals(journals, { open, complete: true, token: null }, actionsOf(evidence));
    return {
      checked: evidence.journals.reduce((sum, { entries }) => sum + entries.length, 0),
      breaches: faults.map(({ rule, journal, seq, text }) => `${rule} in ${journal ?? 'none'}, line ${seq}: ${text}`),
    };
  },
};
