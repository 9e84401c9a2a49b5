import { expect } from 'chai';
import { Chance } from '../../../cli/simulate/chance.js';

const times = <T>(count: number, draw: () => T): readonly T[] => Array.from({ length: count }, draw);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('chance', () => {
  it('draws the same for the same seed, name and moment, whatever was drawn before', () => {
    const one = new Chance(7, 'traffic');
    times(5, () => one.next());
    expect(one.at(3).next()).equal(new Chance(7, 'traffic').at(3).next());
    expect(one.at(3).next()).not.equal(one.at(4).next());
    expect(one.at(3).next()).not.equal(new Chance(8, 'traffic').at(3).next());
    expect(one.at(3).next()).not.equal(new Chance(7, 'people').at(3).next());
  });

  it('is spread evenly over 0 to 1', () => {
    const chance = new Chance(1, 'even');
    const drawn = times(20_000, () => chance.next());
    expect(mean(drawn)).closeTo(0.5, 0.01);
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = drawn.filter((value) => Math.floor(value * 10) === tenth).length / drawn.length;
      expect(share).closeTo(0.1, 0.01);
    }
  });

  for (const [count, probability] of [
    [10, 0.1],
    [40, 0.02],
    [1_000, 0.004],
    [1_000, 0.3],
    [25, 0.97],
    [5_000, 0.5],
  ] as const)
    it(`counts ${count} tries at ${probability} with the mean and spread of a binomial`, () => {
      const chance = new Chance(3, 'binomial');
      const drawn = times(4_000, () => chance.binomial(count, probability));
      const variance = count * probability * (1 - probability);
      const average = mean(drawn);
      expect(average).closeTo(count * probability, 5 * Math.sqrt(variance / drawn.length));
      expect(mean(drawn.map((value) => (value - average) ** 2)) / variance).closeTo(1, 0.12);
      expect(drawn.every((value) => Number.isInteger(value) && value >= 0 && value <= count)).equal(true);
    });

  it('never hits what cannot be, and always what must', () => {
    const chance = new Chance(3, 'bounds');
    expect([chance.binomial(9, 0), chance.binomial(0, 0.5), chance.binomial(9, 1), chance.binomial(9, 2)]).deep.equal([
      0, 0, 9, 9,
    ]);
  });
});
