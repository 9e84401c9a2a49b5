import { expect } from 'chai';
import fc from 'fast-check';
import { parseBound } from '../../../cli/scenarios/bounds.js';
import {
  parseItems,
  parseSeriesName,
  parseValues,
  parseWords,
  spread,
  valuesOf,
  type Parsed,
} from '../../../cli/scenarios/notation.js';

const get = <T>(parsed: Parsed<T>): T => {
  if (!parsed.ok) throw new Error(parsed.wrong);
  return parsed.value;
};
const wrongOf = <T>(parsed: Parsed<T>): string => (parsed.ok ? 'nothing' : parsed.wrong);
const values = (text: string, count: number): readonly (number | null)[] => valuesOf(get(parseValues(text)), count);

describe('series as a test writes them', () => {
  for (const [text, expected] of [
    ['5', [5, 5, 5, 5]],
    ['5x2', [5, 5, null, null]],
    ['1 2 3', [1, 2, 3, null]],
    ['0+10x3', [0, 10, 20, null]],
    ['0+10x*', [0, 10, 20, 30]],
    ['0+10', [0, 10, 20, 30]],
    ['100-5x3', [100, 95, 90, null]],
    ['0+10x2 +1x2', [0, 10, 11, 12]],
    ['7 +0x*', [7, 7, 7, 7]],
    ['7 +-2x*', [7, 5, 3, 1]],
    ['1 _x2 2', [1, null, null, 2]],
    ['1 stale +1x2', [1, null, 2, 3]],
    ['_', [null, null, null, null]],
    ['nan inf -inf +inf', [NaN, Infinity, -Infinity, Infinity]],
    ['-1.5e-3', [-0.0015, -0.0015, -0.0015, -0.0015]],
    ['1 x2 _ x*', [1, 1, null, null]],
  ] as const)
    it(text, () => expect(values(text, 4)).deep.equal(expected));

  for (const [text, wrong] of [
    ['', 'nothing is written'],
    ['5y', 'is no value'],
    ['+1x3', 'none stands before it'],
    ['_ +1', 'none stands before it'],
    ['1x* 2', 'something follows it'],
    ['1x0', 'a count is between 1 and'],
    ['1x999999999', 'a count is between 1 and'],
    ['0x1f', 'is no value'],
  ] as const)
    it(`"${text}" is refused: ${wrong}`, () => expect(wrongOf(parseValues(text))).contain(wrong));

  it('any text is read or refused, in no time and with as many values as asked for', () => {
    const item = fc.constantFrom('5', '+1', '_', 'x3', 'x*', 'nan', '-2', '0+1', 'stale', ' ', 'x', '1e3', '+-1');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(item).map((items) => items.join(' ')),
        ),
        (text) => {
          const parsed = parseValues(text);
          if (parsed.ok) expect(valuesOf(parsed.value, 7)).length(7);
          else expect(parsed.wrong).not.equal('');
        },
      ),
    );
  });
});

describe('words as a test writes them', () => {
  const known = ['page', 'lost'] as const;
  it('are spread by their counts', () => {
    expect(spread(get(parseWords('page x2 lost page x*', known)), 6)).deep.equal([
      'page',
      'page',
      'lost',
      'page',
      'page',
      'page',
    ]);
  });
  it('are refused with those that are known', () =>
    expect(wrongOf(parseWords('page gone', known))).equal('"gone" is none of page, lost'));
  it('may have their count apart', () => expect(get(parseItems('page x3'))).deep.equal(get(parseItems('pagex3'))));
});

describe('names of series', () => {
  it('are read with their labels', () => {
    expect(get(parseSeriesName('up'))).deep.equal({ name: 'up', labels: {} });
    expect(get(parseSeriesName('a:b{ x="1", y="q\\"{},\\n" }'))).deep.equal({
      name: 'a:b',
      labels: { x: '1', y: 'q"{},\n' },
    });
    expect(Object.keys(get(parseSeriesName('a{__proto__="1"}')).labels)).deep.equal(['__proto__']);
  });
  for (const text of ['', '1a', 'a{', 'a{b}', 'a{b=c}', 'a{b="c" d="e"}', 'a b', 'rate(a[5m])'])
    it(`"${text}" is refused`, () => expect(parseSeriesName(text).ok).equal(false));
});

describe('numbers that are expected', () => {
  for (const [text, fits, not] of [
    [80, [80, 80.04], [79, 80.1, null]],
    ['>= 80', [80, 100], [79.99, null]],
    ['< 50', [49.9, -1], [50, null]],
    ['40..60', [40, 60], [39.9, 60.1, null]],
    ['none', [null], [0]],
    [null, [null], [0]],
    ['5%', [0.05], [5]],
    ['<=250ms', [0.25], [0.4]],
    ['1GiB', [2 ** 30], [2 ** 20]],
  ] as const)
    it(String(text), () => {
      const bound = get(parseBound(text));
      for (const value of fits) expect(bound.fits(value, 0.05), String(value)).equal(true);
      for (const value of not) expect(bound.fits(value, 0.05), String(value)).equal(false);
    });
  for (const text of ['', 'many', '>=', '5..', '1..2..x', '== 4'])
    it(`"${text}" is refused`, () => expect(wrongOf(parseBound(text))).contain('is no number to expect'));
});
