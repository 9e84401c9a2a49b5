import { expect } from 'chai';
import { instantOf } from '../../cli/times.js';
import { painter } from '../../cli/paint.js';
import { historyText, sparkline } from '../../cli/views/history.js';
import type { HistoryResponse } from '../../engine/client/index.js';

const noon = Date.UTC(2030, 0, 1, 12);
const plain = painter(false);

const point = (minute: number, mean: number, change: Partial<HistoryResponse['points'][number]> = {}) => ({
  ...{ at: noon + minute * 60_000, evaluations: 12, zone: 'green' as const },
  zones: { green: 1, yellow: 0, red: 0, unknown: 0 },
  ...{ score: { min: mean, mean, max: mean }, smoothed: { min: 80, mean: 80, max: 80 }, ...change },
});

const history: HistoryResponse = {
  ...{ service: 'orders', instance: 'orders-1', start: noon, end: noon + 5 * 60_000, stepMs: 60_000 },
  parts: [{ resolution: 'minute', start: noon, end: noon + 5 * 60_000 }],
  span: { first: noon, last: noon },
  points: [
    point(0, 100),
    point(1, 50, {
      zone: 'red',
      zones: { green: 0.75, yellow: 0, red: 0.25, unknown: 0 },
      score: { min: 20, mean: 50, max: 98 },
    }),
    point(3, 0, { zone: 'red', zones: { green: 0, yellow: 0, red: 1, unknown: 0 } }),
    point(4, 100, { metrics: { cpu: { value: { min: 0.1, mean: 0.123_456, max: 0.2 }, penalty: null } } }),
  ],
};

describe('history on the command line', () => {
  it('is one sign for each step, and a dot where nothing is known', () => {
    expect(sparkline(history, plain)).to.equal('█▅·▁█');
  });

  it('is a table with what each step went through', () => {
    const text = historyText(history, noon, plain);
    expect(text).to.match(/^orders-1 from .*, steps of 1m, made of minutes:$/m);
    expect(text).to.match(/✖ red +50 +20 - 98 +80 +- +25 % of the time$/m);
    expect(text).to.match(/● green +100 +100 +80 +0\.1235$/m);
    expect(text).not.to.match(/NaN|undefined/);
  });
});

describe('times on the command line', () => {
  it('are relative, a time of day that is over, or full', () => {
    const now = new Date(2030, 0, 2, 14, 0, 0).getTime();
    expect(instantOf('-15m', '--at', now)).to.equal(now - 900_000);
    expect(instantOf('13:30', '--at', now)).to.equal(new Date(2030, 0, 2, 13, 30).getTime());
    expect(instantOf('14:03:11', '--at', now)).to.equal(new Date(2030, 0, 1, 14, 3, 11).getTime());
    expect(instantOf('2030-01-01T00:00:00Z', '--at', now)).to.equal(Date.UTC(2030, 0, 1));
    for (const wrong of ['25:00', '14:3', 'soon', '', '15m'])
      expect(() => instantOf(wrong, '--at', now), wrong).to.throw(/is no time/);
  });
});
