import { expect } from 'chai';
import type { Action, JournalEntry } from '../../../scheduler/client/index.js';
import { guardrails } from '../../../scheduler/guard/index.js';
import { actingPolicy, anAction } from '../../support/world.js';
import { needed } from './acts.js';
import type { Evidence } from './evidence.js';
import { prove, rules } from './index.js';

const start = 1_000_000;
const id = 'orders/orders-1/1';
const verdicts: Action['verdicts'] = needed.map((code) => ({ code, allowed: true, text: 'fine' }));

/** Numbered when the story is complete. */
const entry = (second: number, change: Partial<JournalEntry>): JournalEntry => ({
  ...{ seq: 0, at: start + second * 1_000, kind: 'heal', service: 'orders', instance: 'orders-1' },
  ...{ action: null, code: null, text: 'something', token: 7, data: {} },
  ...change,
});

const phases = ['intent', 'draining', 'stepping', 'verifying', 'closed'];

/** One healing from the lock to the end, as one scheduler tells it. */
const told = (): JournalEntry[] => [
  entry(1, { kind: 'leader', service: null, instance: null, text: 'leads under token 7' }),
  entry(2, { kind: 'traffic', code: 'RED', data: { lifecycle: 'out', weight: 0 } }),
  entry(3, { kind: 'gateway', code: 'APPLIED', data: { revision: 'r1', to: 0 } }),
  ...phases.map((phase, nth) =>
    entry(100 + nth, { action: id, text: phase, data: { phase, outcome: phase === 'closed' ? 'verified' : null } }),
  ),
  entry(110, { kind: 'gateway', code: 'APPLIED', data: { revision: 'r2', to: 10 } }),
];

const ended = (change: Partial<Action> = {}): Action =>
  anAction({
    ...{ id, verdicts, phase: 'closed', outcome: 'verified' },
    ...{ intentAt: start + 100_000, phaseAt: start + 104_000 },
    ...change,
  });

const evidence = (change: { entries?: JournalEntry[]; actions?: Action[]; ledger?: Action[] } = {}): Evidence => {
  const actions = change.actions ?? [ended()];
  const entries = (change.entries ?? told()).map((line, nth) => ({ ...line, seq: nth + 1 }));
  return {
    journals: [{ name: 'first', entries, actions }],
    ledgers: [{ service: 'orders', ledger: { token: 7, open: [], closed: change.ledger ?? actions } }],
    policies: new Map([['orders', actingPolicy('orders')]]),
    sizes: new Map([['orders', 3]]),
  };
};

/** Names of the rules that a story breaks. */
const broken = (given: Evidence): readonly string[] =>
  rules.filter((rule) => rule.check(given).breaches.length > 0).map(({ name }) => name);

const without = (code: string, phase?: string): JournalEntry[] =>
  told().filter((line) => line.code !== code && (phase === undefined || line.data['phase'] !== phase));

const changed = (second: number, change: Partial<JournalEntry>): JournalEntry[] =>
  told().map((line) => (line.at === start + second * 1_000 ? { ...line, ...change } : line));

const other = (change: Partial<Action>): Action => ended({ id: 'orders/orders-2/2', ...change });
const elsewhere = { kind: 'docker', containerId: 'c2', startedAt: 'later' } as const;
const pause = (seq: number): JournalEntry =>
  entry(seq, { kind: 'human', code: 'PAUSED', token: null, data: { scope: 'service/orders', until: null } });

describe('the proof of the safety rules from what schedulers leave behind', () => {
  it('finds nothing in a healing as it should be, and holds something against each rule', () => {
    const { checked, breaches } = prove(evidence());
    expect(breaches).to.deep.equal([]);
    expect(Object.keys(checked)).to.have.length(rules.length);
    expect(Math.min(...Object.values(checked))).to.equal(1);
  });

  it('lets a new leader who finds it verifying serve it, and read what is served by itself', () => {
    const takenOver = told().map((line) =>
      line.data['phase'] === 'verifying' ? { ...line, kind: 'leader' as const, text: 'takes over its restart' } : line,
    );
    const served = entry(103.5, { kind: 'gateway', code: 'APPLIED', data: { revision: 'r2', to: 10 } });
    const [led, red, ...rest] = takenOver;
    if (!led || !red) throw new Error('the story is empty');
    const before = entry(0, { kind: 'gateway', code: 'APPLIED', data: { revision: 'r0', to: 10 } });
    const silent = rest.filter(({ code }) => code !== 'APPLIED');
    const entries = [before, led, red, ...silent, served];
    expect(broken(evidence({ entries })).filter((name) => /^no step while/.test(name))).to.deep.equal([]);
  });

  it('asks for guardrails that there are', () => {
    expect(needed.length).to.be.lessThan(guardrails.length);
  });

  const stories: readonly (readonly [what: string, rule: RegExp, story: () => Evidence])[] = [
    ['an intent that nobody told of', /^each act has its intent/, () => evidence({ entries: without('', 'intent') })],
    ['an outcome that nobody told of', /^each act has its intent/, () => evidence({ entries: without('', 'closed') })],
    [
      'an outcome told twice',
      /^each act has its intent/,
      () =>
        evidence({ entries: [...told(), entry(111, { action: id, data: { phase: 'closed', outcome: 'verified' } })] }),
    ],
    ['a line of an unknown action', /^no line tells/, () => evidence({ actions: [], ledger: [] })],
    [
      'a phase that goes back',
      /^phases only go forward/,
      () => evidence({ entries: changed(103, { data: { phase: 'draining', outcome: null } }) }),
    ],
    [
      'two actions at once on one target',
      /^never two actions/,
      () => evidence({ actions: [ended(), other({ identity: elsewhere, intentAt: start + 103_000 })] }),
    ],
    [
      'two steps for one process',
      /^no process is the target/,
      () => evidence({ actions: [ended(), other({ intentAt: start + 900_000, phaseAt: start + 901_000 })] }),
    ],
    [
      'four healings within an hour',
      /^healings per hour/,
      () =>
        evidence({
          actions: [1, 2, 3, 4].map((nth) =>
            other({ id: `orders/orders-1/${nth}`, intentAt: start + nth * 60_000, phaseAt: start + nth * 60_000 + 1 }),
          ),
        }),
    ],
    [
      'two healings at once',
      /^healings at once/,
      () => evidence({ actions: [ended(), other({ instance: 'orders-2', intentAt: start + 103_000 })] }),
    ],
    [
      'a step against a guardrail',
      /^each step was allowed/,
      () => evidence({ actions: [ended({ verdicts: [...verdicts, { code: 'PANIC', allowed: false, text: 'no' }] })] }),
    ],
    ['a step that nobody judged', /^each step was allowed/, () => evidence({ actions: [ended({ verdicts: [] })] })],
    [
      'a healing of what is only observed',
      /^no healing in observe/,
      () => ({ ...evidence(), policies: new Map([['orders', actingPolicy('orders', 'heal: {mode: observe}\n')]]) }),
    ],
    [
      'a ledger that says otherwise',
      /^ledger and journals/,
      () => evidence({ ledger: [ended({ outcome: 'inconclusive' })] }),
    ],
    ['a token that falls', /^tokens only rise/, () => evidence({ entries: changed(102, { token: 6 }) })],
    ['an act without the lock', /^whoever acts has taken the lock/, () => evidence({ entries: told().slice(1) })],
    [
      'an act after the lock was lost',
      /^whoever acts has taken the lock/,
      () =>
        evidence({
          entries: [...told().slice(0, 3), entry(50, { kind: 'leader', text: 'does not lead' }), ...told().slice(3)],
        }),
    ],
    [
      'a token of two schedulers',
      /^no token belongs/,
      () => {
        const [first] = evidence().journals;
        return { ...evidence(), journals: first ? [first, { ...first, name: 'second' }] : [] };
      },
    ],
    [
      'a phase of a newer leader than the ledger is',
      /^no ledger holds a phase/,
      () => evidence({ ledger: [ended({ token: 8 })] }),
    ],
    ['a healing against a pause', /^nothing begins against/, () => evidence({ entries: [...told(), pause(90)] })],
    [
      'a weight under the floor',
      /^whoever is in rotation/,
      () => evidence({ entries: changed(110, { data: { revision: 'r2', to: 3 } }) }),
    ],
    [
      'a service without anybody in rotation',
      /^instances in rotation/,
      () => ({ ...evidence(), sizes: new Map([['orders', 1]]) }),
    ],
    [
      'a healing before its time',
      /^no healing before/,
      () => evidence({ entries: changed(2, { at: start + 99_000 }) }),
    ],
    [
      'a step on who is still served',
      /^no step while/,
      () => evidence({ entries: changed(3, { data: { revision: 'r1', to: 10 } }) }),
    ],
    [
      'a step on who is served again meanwhile',
      /^no step while/,
      () => evidence({ entries: changed(110, { at: start + 102_500, data: { revision: 'r2', to: 10 } }) }),
    ],
    [
      'a line that is missing',
      /^the journals are whole/,
      () => {
        const [first] = evidence().journals;
        return { ...evidence(), journals: first ? [{ ...first, entries: first.entries.slice(1) }] : [] };
      },
    ],
    ['a healing of who was never out', /^no healing before/, () => evidence({ entries: without('RED') })],
  ];
  for (const [what, rule, story] of stories)
    it(`finds ${what}`, () => {
      expect(broken(story()).filter((name) => rule.test(name))).to.have.length(1);
    });

  it('has a story for each rule', () => {
    expect(rules.filter(({ name }) => !stories.some(([, rule]) => rule.test(name)))).to.deep.equal([]);
  });
});
