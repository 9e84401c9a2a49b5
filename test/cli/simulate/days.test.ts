import { expect } from 'chai';
import { defaultFleet } from '../../../cli/simulate/fleet.js';
import { play } from '../../../cli/simulate/play.js';
import { runDays, storyOf, type Task, totalsOf } from '../../../cli/simulate/run.js';
import { failsAlike, shrink } from '../../../cli/simulate/shrink.js';

const taskOf = (seed: number, more: Partial<Task> = {}): Task => ({
  fleet: defaultFleet(),
  seed,
  hours: 24,
  without: null,
  only: null,
  ...more,
});

const seeds = (from: number, count: number): readonly number[] => Array.from({ length: count }, (_, nth) => from + nth);

const broken = async (without: string, from: number, count: number): Promise<readonly string[]> => {
  const tasks = seeds(from, count).map((seed) => taskOf(seed, { without, hours: 4 }));
  const results = await runDays(tasks, undefined, ({ violations }) => violations.length > 0);
  return [...new Set(results.flatMap(({ violations }) => violations.map(({ rule }) => rule)))];
};

describe('simulated days', function () {
  this.timeout(900_000);

  it('break no safety rule, and leave nobody ill, in twenty days of faults', async () => {
    const results = await runDays(seeds(1, 20).map((seed) => taskOf(seed)));
    for (const { seed, violations, unhealed } of results)
      expect({ violations, unhealed }, `seed ${seed}`).deep.equal({ violations: [], unhealed: [] });
    const { heals, drains, steps, evaluations } = totalsOf(results, 0);
    expect(steps).greaterThan(20 * 17_000);
    expect(evaluations).greaterThan(steps * 10);
    // A fleet in which nothing is done breaks no rule either.
    expect(heals).greaterThan(100);
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

  // Seeds from which it does not take long; all guardrails, and as many days as it takes: scripts/simulate --switch-off.
  for (const [guardrail, rule, from] of [
    ['MAX_CONCURRENT', 'healings at once stay in their limit', 2],
    ['DWELL', 'no healing before its dwell', 7],
    ['PROTECTED', 'the protected are left alone', 6],
  ] as const)
    it(`break "${rule}" once ${guardrail} is switched off`, async () => {
      expect(await broken(guardrail, from, 12)).include(rule);
    });

  it('are shortened to the few incidents that still break the same rule', async () => {
    const tasks = seeds(6, 12).map((seed) => taskOf(seed, { without: 'PROTECTED', hours: 4 }));
    const results = await runDays(tasks, undefined, ({ violations }) => violations.length > 0);
    const failing = results.find(({ violations }) => violations.length > 0);
    const task = taskOf(failing?.seed ?? 0, { without: 'PROTECTED', hours: 4 });
    const only = shrink(task, failsAlike(task));
    expect(only.length).within(1, 3);
    expect(play({ ...task, only }).violations.map(({ rule }) => rule)).include('the protected are left alone');
    for (const nth of only)
      expect(play({ ...task, only: only.filter((other) => other !== nth) }).violations).deep.equal([]);
  });
});
