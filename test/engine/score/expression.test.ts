import { expect } from 'chai';
import { checkExpression, compileExpression } from '../../../engine/score/expression.js';

const scope = { cur: 6, good: 2, critical: 10, p: 0.5, cpu: { cur: 40, p: 0.25 }, threads: { cur: 9, p: 0.75 } };
const metrics = new Set(['cpu', 'threads']);

describe('expression curves', () => {
  const values: readonly (readonly [string, number])[] = [
    ['p', 0.5],
    ['p^2', 0.25],
    ['max(cpu.p, threads.p)^2', 0.5625],
    ['(cur - good) / (critical - good)', 0.5],
    ['cur > critical ? 1 : 0', 0],
    ['cur >= 6', 1],
    ['good < cur < critical', 1],
    ['not (cur > 3 and p < 1)', 0],
    ['threads.cur / 10', 0.9],
    ['-5', 0],
    ['7', 1],
    ['1 / 0', 1],
  ];
  for (const [text, expected] of values)
    it(`${text} = ${expected}`, () => expect(compileExpression(text).evaluate(scope)).closeTo(expected, 1e-12));

  it('gives NaN, not an exception, where there is no number', () => {
    for (const text of ['sqrt(-1)', 'log(-1)', '0 / 0', 'round(p, 99)'])
      expect(compileExpression(text).evaluate(scope), text).to.be.NaN;
  });

  it('knows what it reads', () => {
    expect(compileExpression('max(cpu.p, threads.cur)')).deep.include({
      readsOwn: false,
      references: [
        { metric: 'cpu', field: 'p' },
        { metric: 'threads', field: 'cur' },
      ],
    });
    expect(compileExpression('p * cpu.p').readsOwn).equal(true);
  });

  const hostile: readonly (readonly [string, RegExp])[] = [
    ['cur = 3', /assignment is not available/],
    ['f(x) = x', /functionassignment is not available/],
    ['cur; 1', /block is not available/],
    ['[1, 2]', /array is not available/],
    ['1:1000000000', /range is not available/],
    ['{a: 1}', /object is not available/],
    ['"text"', /only numbers/],
    ['null', /only numbers/],
    ['import({})', /function import is not available/],
    ['evaluate("1")', /function evaluate is not available/],
    ['parse("1")', /function parse is not available/],
    ['simplify("1")', /function simplify is not available/],
    ['derivative("x", "x")', /function derivative is not available/],
    ['createUnit("x")', /function createUnit is not available/],
    ['cpu.max(1)', /function call is not available/],
    ['cpu.constructor', /cannot be read/],
    ['cpu["constructor"]', /cannot be read/],
    ['cpu.p.constructor', /only <metric>/],
    ['p.cur', /has no \.cur/],
    ['max', /unknown name max/],
    ['i', /unknown name i/],
    ['cur!', /operator factorial is not available/],
    ["cur'", /not available/],
    ['5 cm', /unknown name cm/],
    ['mod(5, 3)', /function mod is not available/],
    ['max()', /max takes at least one argument, not 0/],
    ['abs(p, p)', /abs takes one argument, not 2/],
    ['round(1, 2, 3)', /round takes 1 or 2 arguments, not 3/],
    ['max(max.p, 1)', /max is a function here/],
    ['constructor', /unknown name/],
    ['__proto__.p', /__proto__/],
    ['cpu.p = 1', /assignment is not available/],
    ['cpu.__proto__', /cannot be read/],
    ['p to good', /operator to is not available/],
    ['p xor p', /operator xor is not available/],
    ['max(...p)', /./],
    ['/(a+)+$/', /./],
    ['(', /./],
    ['', /./],
    [`p${' + p'.repeat(60)}`, /more than 100 terms/],
    [`p${' '.repeat(500)}`, /501 characters/],
    [`${'('.repeat(249)}p${')'.repeat(249)}`, /more than 100 terms/],
    [`${'-'.repeat(400)}p`, /more than 100 terms/],
    [`${'not '.repeat(120)}p`, /more than 100 terms/],
    [`p${'^p'.repeat(200)}`, /more than 100 terms/],
  ];
  for (const [text, message] of hostile)
    it(`refuses ${text.slice(0, 30) || 'nothing'}`, () => expect(checkExpression(text, metrics)).match(message));

  it('refuses a metric that the service does not have', () => {
    expect(checkExpression('memory.p', metrics)).match(/memory/);
    expect(checkExpression('max(cpu.p, threads.p)^2', metrics)).equal(null);
  });
});
