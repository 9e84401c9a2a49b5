import { expect } from 'chai';
import { biasOf } from '../../../cli/simulate/biases.js';
import { defaultFleet } from '../../../cli/simulate/fleet.js';
import { pairs } from '../../../cli/simulate/pairs.js';
import { play } from '../../../cli/simulate/play.js';
import { runDays, storyOf, type Task, totalsOf } from '../../../cli/simulate/run.js';
import { failsAlike, shrink } from '../../../cli/simulate/shrink.js';
import { guardrailCodes } from '../../../cli/simulate/switch-off.js';

const fleet = defaultFleet();

const taskOf = (seed: number, more: Partial<Task> = {}): Task => ({
  fleet,
  seed,
  hours: 24,
  without: [],
  only: null,
  ...more,
});

const seeds = (from: number, count: number): readonly number[] => Array.from({ length: count }, (_, nth) => from + nth);

/** A short and crowded day that is about this guardrail, without it. */
const without = (guardrail: string, seed: number): Task =>
  taskOf(seed, { without: [guardrail], bias: guardrail, hours: 3, least: 20, untilBroken: true });

/** An hour that is about this guardrail. */
const hour = (guardrail: string): Task => taskOf(1, { bias: guardrail, hours: 1, least: 10 });

/** The rules that break without these alone. */
const carried = {
  HEADROOM: 'an order leaves the others room',
  OVERLAP: 'who is in two service files is left alone',
  BACKOFF: 'steps on one target keep their distance',
  AMBIGUOUS_TARGET: 'no healing where two say that they are it',
  COOLDOWN: 'a healed one is left alone',
} as const;

const rulesIn = (task: Task): readonly string[] => play(task).violations.map(({ rule }) => rule);

describe('simulated days', function () {
  this.timeout(900_000);

  it('break no safety rule, and leave nobody ill, in twenty days of faults', async () => {
    const results = await runDays(seeds(1, 20).map((seed) => taskOf(seed)));
    for (const { seed, violations, unhealed } of results)
      expect({ violations, unhealed }, `seed ${seed}`).deep.equal({ violations: [], unhealed: [] });
    const { heals, orders, drains, steps, evaluations } = totalsOf(results, 0);
    expect(steps).greaterThan(20 * 17_000);
    expect(evaluations).greaterThan(steps * 10);
    // A fleet in which nothing is done breaks no rule either.
    expect(heals).greaterThan(100);
    expect(orders).greaterThan(10);
    expect(drains).greaterThan(heals);
  });

  it('tell of at least twenty incidents a day', () => {
    for (const seed of seeds(1, 50)) expect(storyOf(taskOf(seed)).incidents.length).at.least(20);
  });

  it('end the same each time they are played', () => {
    const once = play(taskOf(3, { hours: 3 }));
    expect(play(taskOf(3, { hours: 3 }))).deep.equal(once);
    expect(play(taskOf(4, { hours: 3 })).requests).not.equal(once.requests);
  });

  // The days on which they break it were found by scripts/simulate --switch-off, which plays all guardrails.
  for (const [guardrail, rule, seed] of [
    ['MAX_CONCURRENT', 'healings at once stay in their limit', 1],
    ['DWELL', 'no healing before its dwell', 1],
    ['MAINTENANCE', 'no healing in maintenance', 1],
    ['CONTRADICTED', 'who only the engine cannot reach is left alone', 1],
  ] as const)
    it(`break "${rule}" once ${guardrail} is switched off, and not before`, () => {
      const task = without(guardrail, seed);
      expect(rulesIn({ ...task, without: [] })).deep.equal([]);
      expect(rulesIn(task)).include(rule);
    });

  for (const guardrail of ['HEADROOM', 'OVERLAP', 'BACKOFF', 'COOLDOWN', 'AMBIGUOUS_TARGET'] as const)
    it(`tell by an hour about ${guardrail} what it is good for`, () => {
      const task = hour(guardrail);
      expect(rulesIn(task)).deep.equal([]);
      expect(rulesIn({ ...task, without: [guardrail], untilBroken: true })).include(carried[guardrail]);
    });

  for (const guardrail of ['FENCED', 'NO_SCORE', 'UNVERIFIED', 'SINGLE', 'NO_RUNTIME'] as const)
    it(`need ${guardrail} where what stands behind it is off, and not before`, () => {
      const { behind, rule } = pairs[guardrail] ?? { behind: [], rule: '' };
      const task = hour(guardrail);
      expect(rulesIn({ ...task, without: behind })).not.include(rule);
      expect(rulesIn({ ...task, without: [guardrail] })).deep.equal([]);
      expect(rulesIn({ ...task, without: [guardrail, ...behind], untilBroken: rule })).include(rule);
    });

  it('are about each guardrail that has another behind it, and about those that are caught alone', () => {
    for (const code of guardrailCodes) expect(biasOf(code), code).not.equal(null);
    for (const [code, pair] of Object.entries(pairs)) expect(pair.behind, code).not.include(code).and.not.empty;
  });

  it('are shortened to the few incidents that still break the same rule', () => {
    const task = without('PROTECTED', 1);
    const only = shrink(task, failsAlike(task));
    expect(only.length).within(1, 3);
    expect(rulesIn({ ...task, only })).deep.equal(['the protected are left alone']);
    for (const nth of only) expect(rulesIn({ ...task, only: only.filter((other) => other !== nth) })).deep.equal([]);
  });
});
