import { expect } from 'chai';
import { faultNames, treat, type FaultName } from '../../../scripts/demo/faults.js';

const hundred = (...faults: readonly FaultName[]) =>
  Array.from({ length: 100 }, (_, nth) => treat(new Set(faults), nth + 1));

describe('faults of a demo instance', () => {
  const table: readonly (readonly [FaultName, { failed: number; slow: number; silent: number }])[] = [
    ['errors', { failed: 50, slow: 0, silent: 0 }],
    ['gray', { failed: 50, slow: 50, silent: 0 }],
    ['latency', { failed: 0, slow: 100, silent: 0 }],
    ['hang', { failed: 0, slow: 0, silent: 100 }],
    ['leak', { failed: 0, slow: 0, silent: 0 }],
    ['cpu', { failed: 0, slow: 0, silent: 0 }],
    ['crash', { failed: 0, slow: 0, silent: 0 }],
  ];
  for (const [fault, expected] of table)
    it(`${fault} moves only its own metric`, () => {
      const treated = hundred(fault);
      expect({
        failed: treated.filter(({ status }) => status === 500).length,
        slow: treated.filter(({ extraMs }) => extraMs > 0).length,
        silent: treated.filter(({ answers }) => !answers).length,
      }).to.deep.equal(expected);
    });

  it('are all in the table', () => {
    expect(table.map(([name]) => name).sort()).to.deep.equal([...faultNames].sort());
  });

  it('are off at first', () => {
    expect(hundred()[0]).to.deep.equal({ answers: true, status: 200, extraMs: 0 });
  });
});
