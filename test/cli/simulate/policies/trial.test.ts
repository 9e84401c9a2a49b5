import { expect } from 'chai';
import { type ContenderName, contenderNames } from '../../../../cli/simulate/policies/contenders.js';
import { askedFor } from '../../../../cli/simulate/policies/command.js';
import { conditions } from '../../../../cli/simulate/policies/conditions.js';
import type { FaultName } from '../../../../cli/simulate/policies/faults.js';
import { Histogram } from '../../../../cli/simulate/policies/histogram.js';
import { policyTable, sumsTable } from '../../../../cli/simulate/policies/print.js';
import { cellsOf, everything, trialsOf } from '../../../../cli/simulate/policies/table.js';
import { play, type Trial, type TrialResult } from '../../../../cli/simulate/policies/trial.js';
import { faultNames } from '../../../../scripts/demo/faults.js';

const trial = (fault: FaultName, contender: ContenderName, more: Partial<Trial> = {}): TrialResult =>
  play({ condition: 'usual', fault, contender, alternative: null, seed: 1, ...more });

describe('a trial', function () {
  this.timeout(60_000);

  it('ends the same each time', () => {
    expect(trial('errors', 'ballast')).deep.equal(trial('errors', 'ballast'));
    expect(trial('errors', 'ballast', { seed: 2 })).not.deep.equal(trial('errors', 'ballast'));
  });

  it('moves nobody while nothing is wrong', () => {
    for (const contender of contenderNames)
      expect(trial('none', contender), contender).include({ errors: 0, slow: 0, wrongDrains: 0, capacityLost: 0 });
  });

  it('costs clients with Ballast a twentieth of what it costs with round robin, where its page tells of the fault', () => {
    for (const fault of ['errors', 'gray', 'hang'] as const)
      expect(trial(fault, 'ballast').errors, fault).below(trial(fault, 'round robin').errors / 20);
    expect(trial('latency', 'ballast').slow).below(trial('latency', 'round robin').slow / 5);
  });

  it('is seen at an interval of a second as soon as the demo on real parts saw it (docs/demo.md)', () => {
    const seen = (fault: FaultName): number =>
      (trial(fault, 'ballast', { condition: 'interval 1 s' }).outMs ?? NaN) / 1_000;
    expect(seen('errors')).within(2, 4.5);
    expect(seen('gray')).within(2, 4.5);
    expect(seen('latency')).within(4.5, 7.5);
    expect(seen('hang')).within(2.5, 5);
    expect(seen('crash')).within(0, 2);
  });

  it('ends earlier, and gives capacity back sooner, where healing is allowed', () => {
    for (const fault of ['errors', 'leak', 'crash'] as const) {
      const healed = trial(fault, 'ballast+heal');
      expect(healed.heals, fault).equal(1);
      expect(healed.capacityLost, fault).below(trial(fault, 'ballast').capacityLost);
    }
    // The runtime sits on a node that nobody reaches.
    expect(trial('partition', 'ballast+heal').heals).equal(0);
  });
});

describe('the policy table', () => {
  it('plays every fault that the demo knows, under every condition that was asked for', () => {
    const { faults, conditions: under } = everything(1);
    expect(faults).include.members([...faultNames, 'partition']);
    expect(under).include.members(['usual', '1 % errors', '3 % errors', '20 req/s', '2,000 req/s']);
    expect(conditions.map(({ instances }) => instances)).include.members([2, 3, 4, 20]);
    expect(new Set(under).size).equal(under.length);
  });

  it('has the mean and the spread over all seeds, and prints them', () => {
    const asked = {
      ...everything(2),
      conditions: ['usual'],
      faults: ['errors'] as const,
      contenders: ['nginx'] as const,
    };
    const trials = trialsOf(asked);
    const result = { ...{ requests: 100, errors: 1, slow: 0, loweredMs: null, outMs: null }, wrongDrains: 0 };
    const rest = { capacityLost: 0, reloads: 0, heals: 0 };
    const cells = cellsOf(
      trials,
      trials.map((one) => ({
        trial: one,
        result: { ...result, ...rest, errors: one.seed * 10, outMs: one.seed === 1 ? 500 : null },
      })),
    );
    expect(cells).length(1);
    expect(cells[0]).deep.include({
      errors: { mean: 15, least: 10, most: 20, of: 2 },
      outMs: { mean: 500, least: 500, most: 500, of: 1 },
      loweredMs: null,
    });
    expect(policyTable(cells)).include('usual (of 100 requests)').and.include('15 / 0');
    expect(sumsTable(cells)).match(/nginx +15 +0/);
  });

  it('says which names there are where it is asked for one that is not', () => {
    const options = { seeds: 1, condition: [], fault: [], contender: [], alternative: [], json: false };
    expect(() => askedFor({ ...options, fault: ['flood'] })).throw('no fault "flood"; there are: none, errors');
    expect(askedFor({ ...options, alternative: ['fall 2'] })).deep.include({
      contenders: ['ballast', 'ballast+heal'],
      alternatives: [null, 'fall 2'],
    });
  });
});

describe('a simulated histogram', () => {
  it('has the quantile that a query makes of its buckets, of what came within the window', () => {
    const histogram = new Histogram();
    histogram.show(0);
    for (let nth = 0; nth < 100; nth++) histogram.add(20);
    histogram.show(10_000);
    for (let nth = 0; nth < 100; nth++) histogram.add(1_020);
    histogram.show(20_000);
    // The 190th of 200 is the 90th of 100 between 1 and 2.5 s; of the last ten seconds it is the 95th.
    expect(histogram.quantile(0.95, 20_000)).closeTo(1_000 + 1_500 * 0.9, 1);
    expect(histogram.quantile(0.95, 10_000)).closeTo(1_000 + 1_500 * 0.95, 1);
    expect(histogram.quantile(0.25, 20_000)).closeTo(10 + 15 * 0.5, 1);
  });

  it('says nothing where nothing came', () => {
    const histogram = new Histogram();
    expect(histogram.quantile(0.95, 10_000)).equal(null);
    histogram.show(0);
    histogram.show(1_000);
    expect(histogram.quantile(0.95, 10_000)).equal(null);
  });
});
