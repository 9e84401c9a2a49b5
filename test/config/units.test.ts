import { expect } from 'chai';
import fc from 'fast-check';
import {
  formatDuration,
  formatShare,
  formatSize,
  parseDuration,
  parseHourly,
  parseShare,
  parseSize,
} from '../../config/units.js';

describe('units', () => {
  it('durations need a unit and may have several', () => {
    expect(['5s', '250ms', '1m30s', '1.5h', '0s', '2d'].map(parseDuration)).to.deep.equal([
      5_000, 250, 90_000, 5_400_000, 0, 172_800_000,
    ]);
    expect(['5', '', 's', '-5s', '5 s', '5sec', '1e3s', '5S', 'Infinitys'].map(parseDuration)).to.deep.equal(
      Array(9).fill(null),
    );
  });

  it('percentages are fractions without rounding dust', () => {
    expect(['60%', '0.5%', '5 %', '0%', '7%'].map(parseShare)).to.deep.equal([0.6, 0.005, 0.05, 0, 0.07]);
    expect(['60', '%', '-1%', '1e2%', 'half'].map(parseShare)).to.deep.equal(Array(5).fill(null));
  });

  it('sizes know powers of ten from powers of two', () => {
    expect(['1kB', '1KiB', '10MiB', '1.5GB', '7B'].map(parseSize)).to.deep.equal([1e3, 1024, 10_485_760, 1.5e9, 7]);
    expect(['10', '10M', '10mb', 'B'].map(parseSize)).to.deep.equal(Array(4).fill(null));
  });

  it('budgets are per hour', () => {
    expect(['3/h', '0/h', '3', '3/m', '-3/h', '1.5/h'].map(parseHourly)).to.deep.equal([3, 0, null, null, null, null]);
  });

  it('durations are shown by their two largest units', () => {
    const table: [number, string][] = [
      [0, '0ms'],
      [250, '250ms'],
      [1_500, '1.5s'],
      [9_999, '10s'],
      [59_600, '1m'],
      [252_000, '4m12s'],
      [3_600_000, '1h'],
      [3_605_000, '1h'],
      [93_784_000, '1d2h'],
      [-4_000, '-4s'],
    ];
    for (const [ms, text] of table) expect(formatDuration(ms)).to.equal(text);
  });

  it('what is shown can be read again, within the two units that are shown', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10_000, max: 3e9 }), (ms) => {
        const read = parseDuration(formatDuration(ms)) ?? Number.NaN;
        expect(Math.abs(read - ms) / ms).to.be.lessThan(0.06);
      }),
    );
  });

  it('shares and sizes are shown short', () => {
    expect([0.082, 0.5, 0, 1, 0.0004].map(formatShare)).to.deep.equal(['8.2 %', '50 %', '0 %', '100 %', '0 %']);
    expect([0, 1023, 1024, 536_870_912].map(formatSize)).to.deep.equal(['0 B', '1023 B', '1 KiB', '512 MiB']);
  });
});
