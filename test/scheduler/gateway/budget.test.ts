import { expect } from 'chai';
import fc from 'fast-check';
import {
  type BudgetAnswer,
  type BudgetInput,
  type BudgetMemory,
  type BudgetPolicy,
  freshBudget,
  stepBudget,
} from '../../../scheduler/gateway/budget.js';

const policy: BudgetPolicy = {
  routineReloadMs: 10_000,
  routineBurst: 2,
  urgentReloadMs: 1_000,
  routineGenerations: 3,
  urgentGenerations: 6,
  gatherQuietMs: 1_000,
  gatherMaxMs: 5_000,
};

type Step = readonly [now: number, input: Partial<BudgetInput>, expected: 'nothing' | 'reload' | number];

const play = (steps: readonly Step[]): void => {
  let memory: BudgetMemory = freshBudget(policy, 0);
  for (const [now, input, expected] of steps) {
    const full: BudgetInput = { lane: null, changed: false, generations: 1, ...input };
    const stepped = stepBudget(memory, full, policy, now);
    memory = stepped.memory;
    const { answer } = stepped;
    const said = answer.do === 'wait' ? answer.until : answer.do;
    expect(said, `at ${now}: ${answer.do === 'wait' ? answer.why : answer.do}`).to.equal(expected);
  }
};

const routine = { lane: 'routine', changed: true } as const;
const still = { lane: 'routine', changed: false } as const;
const urgent = { lane: 'urgent', changed: true } as const;

describe('gateway: the reload budget', () => {
  // prettier-ignore
  it('does nothing while what is served is wanted', () => play([[0, {}, 'nothing'], [9_000, {}, 'nothing']]));

  // prettier-ignore
  it('gathers raises until they were quiet for a second', () =>
    play([[0, routine, 1_000], [400, routine, 1_400], [1_400, still, 'reload']]));

  // prettier-ignore
  it('gathers for five seconds at most', () =>
    play([
      [0, routine, 1_000], [900, routine, 1_900], [1_800, routine, 2_800], [2_700, routine, 3_700],
      [3_600, routine, 4_600], [4_500, routine, 5_000], [5_000, routine, 'reload'],
    ]));

  // prettier-ignore
  it('forgets what it gathered once nothing is wanted any more', () =>
    play([[0, routine, 1_000], [500, {}, 'nothing'], [900, routine, 1_900]]));

  // prettier-ignore
  it('spends two routine reloads in a burst and then one per ten seconds', () =>
    play([
      [0, routine, 1_000], [1_000, still, 'reload'],
      [2_000, routine, 3_000], [3_000, still, 'reload'],
      [4_000, routine, 5_000], [5_000, still, 11_000], [11_000, still, 'reload'],
      [12_000, routine, 13_000], [13_000, still, 21_000], [21_000, still, 'reload'],
    ]));

  // prettier-ignore
  it('lowers at once, and again after a second', () =>
    play([[0, urgent, 'reload'], [200, urgent, 1_000], [1_000, urgent, 'reload']]));

  // prettier-ignore
  it('lowers though the routine budget is spent, and takes what was gathered along', () =>
    play([
      [0, routine, 1_000], [1_000, still, 'reload'], [2_000, routine, 3_000], [3_000, still, 'reload'],
      [4_100, routine, 5_100], [4_200, urgent, 'reload'], [4_300, {}, 'nothing'],
    ]));

  // prettier-ignore
  it('stops raising at three generations of workers, lowering at six', () =>
    play([
      [0, { ...routine, generations: 3 }, 1_000], [2_000, { ...still, generations: 3 }, 3_000],
      [3_000, { ...still, generations: 2 }, 'reload'],
      [5_000, { ...urgent, generations: 5 }, 'reload'], [7_000, { ...urgent, generations: 6 }, 8_000],
    ]));

  it('names the number that makes it wait', () => {
    const { answer } = stepBudget(freshBudget(policy, 0), { ...urgent, generations: 7 }, policy, 0);
    expect(answer).to.deep.include({ why: '7 generations of workers are alive, urgent reloads stop at 6' });
  });

  const inputs = fc.array(
    fc.record({
      afterMs: fc.integer({ min: 1, max: 4_000 }),
      lane: fc.constantFrom('routine' as const, 'urgent' as const, null),
      changed: fc.boolean(),
      generations: fc.integer({ min: 1, max: 7 }),
    }),
    { maxLength: 60 },
  );
  const history = (steps: readonly (BudgetInput & { afterMs: number })[]) => {
    let memory = freshBudget(policy, 0);
    let now = 0;
    return steps.map((input) => {
      now += input.afterMs;
      const stepped = stepBudget(memory, input, policy, now);
      memory = stepped.memory;
      return { now, input, answer: stepped.answer };
    });
  };

  it('never reloads more often than its budget, and never without a reason', () =>
    fc.assert(
      fc.property(inputs, (steps) => {
        const reloads = history(steps).filter(({ answer }) => answer.do === 'reload');
        reloads.forEach(({ now, input }, i) => {
          expect(input.lane).to.not.equal(null);
          expect(now - (reloads[i - 1]?.now ?? -Infinity)).to.be.at.least(policy.urgentReloadMs);
        });
        const spent = reloads.filter(({ input }) => input.lane === 'routine').map(({ now }) => now);
        spent.forEach((now, i) => expect(now - (spent[i - 2] ?? -Infinity)).to.be.at.least(policy.routineReloadMs - 1));
      }),
      { numRuns: 200 },
    ));

  it('always says until when it waits, and that is later than now', () =>
    fc.assert(
      fc.property(inputs, (steps) => {
        const waits = history(steps).filter(
          (step): step is typeof step & { answer: Extract<BudgetAnswer, { do: 'wait' }> } => step.answer.do === 'wait',
        );
        for (const { now, answer } of waits) expect(answer.until).to.be.greaterThan(now);
      }),
      { numRuns: 200 },
    ));
});
