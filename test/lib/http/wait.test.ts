import { expect } from 'chai';
import { parseIndex, parseWait } from '../../../lib/http/wait.js';

describe('wait and index', () => {
  const waits: [string, number][] = [
    ['0s', 0],
    ['250ms', 250],
    ['5s', 5_000],
    ['1.5s', 1_500],
    ['1m', 60_000],
    ['10m', 600_000],
    ['11m', 600_000],
    ['999999999m', 600_000],
  ];
  for (const [text, ms] of waits) it(`reads ${text} as ${ms} ms`, () => expect(parseWait(text)).to.equal(ms));

  for (const text of ['', '5', 's', '5 s', '1h', '-5s', '5s5s', 'Infinitys', '٣s'])
    it(`does not read "${text}" as a wait`, () => expect(() => parseWait(text)).to.throw('is not a duration'));

  it('reads an index', () => expect(parseIndex('1893456000123')).to.equal(1_893_456_000_123));

  for (const text of ['', '-1', '1.5', '0x1', '9'.repeat(16)])
    it(`does not read "${text}" as an index`, () => expect(() => parseIndex(text)).to.throw('is not an index'));
});
