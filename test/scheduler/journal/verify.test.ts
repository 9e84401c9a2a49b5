import { expect } from 'chai';
import fc from 'fast-check';
import type { Action, JournalEntry } from '../../../scheduler/client/index.js';
import { verifyJournals, type Known } from '../../../scheduler/journal/verify.js';
import { anAction } from '../../support/world.js';

const hour = 3_600_000;
type Phase = Action['phase'];
interface Told {
  readonly at: number;
  readonly token: number;
  readonly action?: string;
  readonly phase?: Phase;
  readonly outcome?: Action['outcome'];
  readonly kind?: JournalEntry['kind'];
  readonly data?: Record<string, unknown>;
  readonly instance?: string;
}

const journal = (...told: readonly Told[]): JournalEntry[] =>
  told.map(({ at, token, action, phase, outcome = null, kind, data, instance = 'orders-1' }, nth) => ({
    seq: nth + 1,
    at,
    kind: kind ?? (action === undefined ? 'traffic' : 'heal'),
    service: 'orders',
    instance,
    action: action ?? null,
    code: null,
    text: phase ?? 'text',
    token,
    data: data ?? (phase === undefined ? {} : { phase, outcome, step: 'restart' }),
  }));

const whole = (action: string, at: number, token = 5, instance = 'orders-1'): Told[] => [
  { at, token, action, phase: 'intent', instance },
  { at: at + 1, token, action, phase: 'draining', instance },
  { at: at + 2, token, action, phase: 'stepping', instance },
  { at: at + 3, token, action, phase: 'verifying', instance },
  { at: at + 9, token, action, phase: 'closed', outcome: 'verified', instance },
];

const here: Known = { open: new Set(), complete: false, token: 5 };
const rules = (lines: readonly JournalEntry[], known = here, actions: readonly Action[] = []): string[] => {
  const { faults, notes } = verifyJournals({ one: lines }, known, actions);
  return [...faults.map(({ rule, seq }) => `${rule} ${seq}`), ...notes.map(({ rule }) => `(${rule})`)];
};

describe('whether a journal is whole', () => {
  it('is so with each act between its intent and its outcome', () => {
    const report = verifyJournals({ one: journal(...whole('a', 10), ...whole('b', 30)) }, here);
    expect(report).to.deep.include({ whole: true, actions: 2, faults: [], notes: [] });
    expect(report.journals).to.deep.equal([{ name: 'one', lines: 10, first: 1, last: 10, from: 10, to: 39 }]);
  });

  const [intent, draining, stepping, verifying, closed] = whole('a', 10) as [Told, Told, Told, Told, Told];
  const table: [string, JournalEntry[], Known, string[]][] = [
    ['an intent without an outcome', journal(intent), here, ['no-outcome 1']],
    ['one that is still open', journal(intent), { ...here, open: new Set(['a']) }, []],
    ['one where the ledger is not at hand', journal(intent), { ...here, open: null }, ['(no-outcome)']],
    [
      'one where it is not, and a day went by',
      journal(intent, { at: 30 * hour, token: 5 }),
      { ...here, open: null },
      ['no-outcome 1'],
    ],
    ['one that another leader may have ended', journal(intent), { ...here, token: null }, ['(no-outcome)']],
    [
      'one that this one, leading again within the hour, had to find',
      journal(intent, { at: hour, token: 9 }),
      { ...here, token: 9 },
      ['no-outcome 1'],
    ],
    [
      'one that it could not find any more',
      journal(intent, { at: 3 * hour, token: 9 }),
      { ...here, token: 9 },
      ['(no-outcome)'],
    ],
    ['one in none of all journals', journal(intent), { ...here, token: null, complete: true }, ['no-outcome 1']],
    ['an outcome without an intent', journal(closed), here, ['no-intent 1', 'skipped 1']],
    ['a step without an intent', journal(stepping, verifying, closed), here, ['no-intent 1']],
    ['a result without a step', journal(intent, draining, verifying, closed), here, ['skipped 3']],
    ['an end before the step, given up', journal(intent, { ...closed, at: 11, outcome: 'overtaken' }), here, []],
    [
      'phases out of order',
      journal(intent, stepping, { ...draining, at: 13 }, { ...closed, at: 20 }),
      here,
      ['out-of-order 3'],
    ],
    ['an end twice', journal(...whole('a', 10), { ...closed, at: 40 }), here, ['out-of-order 6']],
    ['a phase after the end', journal(...whole('a', 10), { ...verifying, at: 40 }), here, ['out-of-order 6']],
    [
      'a gap',
      journal(...whole('a', 10)).map((line) => ({ ...line, seq: line.seq + (line.seq > 3 ? 1 : 0) })),
      here,
      ['gap 5'],
    ],
    ['a beginning that is cut off', journal({ at: 1, token: 5 }).map((line) => ({ ...line, seq: 7 })), here, ['gap 7']],
    ['a token that falls', journal({ at: 1, token: 9 }, { at: 2, token: 5 }), here, ['token-fell 2']],
    ['a line of an old leadership that is told late', journal({ at: 2, token: 9 }, { at: 1, token: 5 }), here, []],
    [
      'two actions on one instance at once',
      journal(
        intent,
        { ...intent, at: 11, action: 'b' },
        { ...closed, action: 'b', outcome: 'overtaken' },
        { ...closed, outcome: 'overtaken' },
      ),
      here,
      ['two-at-once 2'],
    ],
    [
      'an action that began after two that were found, one of them ended',
      journal(
        { at: 30, token: 5, action: 'x', phase: 'closed', outcome: 'verified', kind: 'leader' },
        { at: 30, token: 5, action: 'y', phase: 'stepping', kind: 'leader' },
        { ...closed, action: 'y', at: 31 },
        ...whole('z', 40),
      ),
      here,
      [],
    ],
    [
      'an action that began while one that was found is under way',
      journal(
        { at: 30, token: 5, action: 'y', phase: 'stepping', kind: 'leader' },
        { at: 30, token: 5, action: 'x', phase: 'closed', outcome: 'verified', kind: 'leader' },
        ...whole('z', 40),
        { ...closed, action: 'y', at: 61 },
      ),
      here,
      ['two-at-once 3'],
    ],
    ['lines that were dropped', journal({ at: 1, token: 5, kind: 'system', data: { lostLines: 3 } }), here, ['lost 1']],
  ];
  for (const [what, lines, known, expected] of table)
    it(`finds ${expected.length === 0 ? 'no fault in ' : ''}${what}`, () => {
      expect(rules(lines, known)).to.deep.equal(expected);
    });

  it('lets a new leader take over: in its own journal, and in both together', () => {
    const first = journal(intent, draining);
    const second = journal(
      { at: 30, token: 9, action: 'a', phase: 'draining', kind: 'leader' },
      { ...stepping, at: 31, token: 9 },
      { ...verifying, at: 32, token: 9 },
      { ...closed, at: 50, token: 9 },
    );
    expect(verifyJournals({ second }, { ...here, token: 9 })).to.deep.include({ whole: true, notes: [] });
    const both = verifyJournals({ first, second }, { open: new Set(), complete: true, token: null });
    expect(both).to.deep.include({ whole: true, actions: 1, notes: [] });
    expect(rules(first, { ...here, token: null })).to.deep.equal(['(no-outcome)']);
  });

  it('lets the leader before finish a write in which it slept, after another has looked', () => {
    const told = journal(
      intent,
      draining,
      { at: 30, token: 9, action: 'a', phase: 'draining', kind: 'leader' },
      stepping,
      { ...stepping, at: 40, token: 9 },
      { ...closed, at: 50, token: 9 },
    );
    expect(rules(told, { ...here, complete: true })).to.deep.equal([]);
  });

  it('orders leaders by their tokens, whatever their clocks say', () => {
    const first = journal({ ...intent, at: 100 }, { ...draining, at: 101 });
    const second = journal(
      { at: 60, token: 9, action: 'a', phase: 'draining', kind: 'leader' },
      { ...closed, at: 61, token: 9, outcome: 'overtaken' },
    );
    const { faults } = verifyJournals({ second, first }, { open: new Set(), complete: true, token: null });
    expect(faults).to.deep.equal([]);
  });

  it('wants the line of whoever ordered or approved an act', () => {
    const by: Action['by'] = { kind: 'human', author: 'ana', reason: 'stuck', order: 'order-1', forced: false };
    const acted = [anAction({ id: 'a', by })];
    expect(rules(journal(...whole('a', 10)), here, acted)).to.deep.equal(['(no-word)']);
    expect(rules(journal(...whole('a', 10)), { ...here, complete: true }, acted)).to.deep.equal(['no-word null']);
    const said: Told = { at: 1, token: 5, kind: 'human', data: { order: 'order-1' } };
    expect(rules(journal(said, ...whole('a', 10)), here, acted)).to.deep.equal([]);
  });

  it('misses no line that is left out, nor one that is left out with its number', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 })), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.nat(),
        (acts, chosen) => {
          const told = acts.flatMap(([instance], nth) => {
            const led = acts.slice(0, nth + 1).reduce((sum, [, more]) => sum + more, 0);
            return whole(`act-${nth}`, nth * 100, led, `orders-${instance}`);
          });
          const lines = journal(...told);
          const known: Known = { open: new Set(), complete: true, token: null };
          expect(rules(lines, known)).to.deep.equal([]);
          const left = lines.filter((_, nth) => nth !== chosen % lines.length);
          if (chosen % lines.length < lines.length - 1) expect(rules(left, known).join()).to.include('gap');
          const dropped = lines[chosen % lines.length]?.data['phase'];
          if (dropped === 'draining' || dropped === 'verifying') return;
          const forged = left.map((line, nth) => ({ ...line, seq: nth + 1 }));
          expect(verifyJournals({ one: forged }, known).whole).to.equal(false);
        },
      ),
      { numRuns: 200 },
    );
  });
});
