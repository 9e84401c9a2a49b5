import { expect } from 'chai';
import fc from 'fast-check';
import { PlainNumbers, readValue } from '../../../engine/scrape/value.js';

const plain = (text: string): readonly [value: number, end: number] => {
  const numbers = new PlainNumbers();
  const value = numbers.read(Buffer.from(`${text}\n`), 0, text.length);
  return [value, numbers.end];
};

describe('numbers read from bytes', () => {
  for (const [text, value] of [
    ['0', 0],
    ['42', 42],
    ['0.0031', 0.0031],
    ['5.', 5],
    ['000.5', 0.5],
    ['5.36870912e+08', 536_870_912],
    ['1E3', 1_000],
    ['12e-3', 0.012],
    ['9007199254740991', 9_007_199_254_740_991],
    ['0.1234567890123', 0.1234567890123],
    ['1e22', 1e22],
  ] as const)
    it(`takes ${text}`, () => {
      expect(plain(text)).to.deep.equal([value, text.length]);
    });

  for (const text of ['', '-1', '+1', '.5', 'NaN', 'Inf', 'x', '1e', '1e+', '1e23', '1e-23', '9007199254740993', '.'])
    it(`leaves ${JSON.stringify(text)} to those that read texts`, () => {
      expect(plain(text)[0]).to.equal(-1);
    });

  for (const [text, end] of [
    ['1 2', 1],
    ['1.2.3', 3],
    ['1e5x', 3],
    ['1e00005', 6],
    ['1_000', 1],
    ['0x10', 1],
  ] as const)
    it(`says where it ends in ${text}`, () => {
      expect(plain(text)[1]).to.equal(end);
    });

  it('does not read beyond its part', () => {
    const numbers = new PlainNumbers();
    for (const [text, to, value] of [
      ['123', 2, 12],
      ['1.5', 2, 1],
      ['1e5', 1, 1],
      ['1e55', 3, 1e5],
    ] as const)
      expect(numbers.read(Buffer.from(text), 0, to)).to.equal(value);
  });

  it('rounds as reading the text does', () => {
    const double = fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 });
    const written = fc.oneof(
      double.map(String),
      fc.tuple(double, fc.nat(17)).map(([value, digits]) => value.toExponential(digits)),
      fc
        .tuple(fc.double({ noNaN: true, min: 0, max: 1e9 }), fc.nat(20))
        .map(([value, digits]) => value.toFixed(digits)),
      fc.tuple(fc.nat(), fc.nat(99_999_999), fc.integer({ min: -25, max: 25 })).map(([a, b, e]) => `${a}.${b}e${e}`),
    );
    fc.assert(
      fc.property(written, (text) => {
        const [value, end] = plain(text);
        if (value === -1) return;
        expect(end).to.equal(text.length);
        expect(Object.is(value, readValue(text))).to.equal(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
