import { expect } from 'chai';
import fc from 'fast-check';
import { checkQuery } from '../../../../engine/derive/index.js';
import { parseQuery } from '../../../../engine/derive/promql/parse.js';
import { readDuration, readNumber, readString } from '../../../../engine/derive/promql/literals.js';

describe('checkQuery', () => {
  const refused: readonly (readonly [query: string, marked: string, why: RegExp])[] = [
    ['', '', /ends too early/],
    ['sum(rate(x[5m])', '', /ends too early/],
    ['x{a="b', '', /ends too early/],
    ['sum(x) nope', 'nope', /"nope" is not expected/],
    ['1 + limitk(3, x)', 'limitk', /aggregation "limitk" is not supported; .*source: prometheus/],
    ['2 * mad_over_time(x[1m])', 'mad_over_time', /function "mad_over_time" is not supported; .*source: prometheus/],
    ['sort(x)', 'sort', /source: prometheus/],
    ['sum(frobnicate(x))', 'frobnicate', /function "frobnicate" is not supported/],
    ['x[5m:1m]', 'x[5m:1m]', /subqueries are not supported.*source: prometheus/],
    ['x @ 5', 'x @ 5', /@ modifier is not supported.*source: prometheus/],
    ['x smoothed', 'x smoothed', /smoothed/],
    ['x + fill(0) y', 'fill(0)', /or vector\(0\)/],
    ['rate(x[5m * 2])', '5m * 2', /durations that are computed are not supported.*source: prometheus/],
    ['rate(x[step()])', 'step()', /durations that are computed/],
    ['1 + holt_winters(x[5m], 1, 1)', 'holt_winters', /"holt_winters" is not supported.*source: prometheus/],
    ['rat(x[5m])', 'rat', /there is no function "rat": did you mean "rate"\?/],
    ['x{a=b}', 'b', /a label's value stands in quotes/],
    ['x offset -5m', 'x offset -5m', /future/],
    ['sum(x) offset 5m', 'sum(x) offset 5m', /directly behind a selector/],
    ['x[5m]', 'x[5m]', /needs a function around it/],
    ['x[5m] + 1', 'x[5m]', /needs a function around it/],
    ['-x[5m]', '-x', /range can only be taken of a selector/],
    ['rate(x)', 'x', /rate needs a range such as x\[30s\]/],
    ['abs(x[5m])', 'x[5m]', /abs needs an instant vector/],
    ['abs(1)', '1', /abs needs an instant vector here, not a number/],
    ['sum(1)', '1', /sum needs an instant vector/],
    ['clamp(x)', 'clamp(x)', /clamp takes 3 arguments, not 1/],
    ['round(x, 1, 2)', 'round(x, 1, 2)', /round takes 1 to 2 arguments, not 3/],
    ['sum(x, y)', 'sum(x, y)', /one argument/],
    ['rate(sum(x)[5m])', 'sum(x)', /range can only be taken of a selector/],
    ['rate(x[0s])', 'x[0s]', /longer than nothing/],
    ['1 > 2', '>', /"> bool"/],
    ['x + bool y', '+', /bool belongs to comparisons/],
    ['x and 1', 'and', /and needs a vector on both sides/],
    ['x + on (a) 1', '+', /on and ignoring need/],
    ['x / on (a) group_left (a) y', 'group_left', /"a" is matched on already/],
    ['x and on (a) group_right y', 'group_right', /and matches groups as a whole/],
    ['x * "2"', '"2"', /string has no value/],
    ['topk(x, y)', 'x', /topk needs a number here, not an instant vector/],
    ['topk(x)', 'topk(x)', /two arguments/],
    ['count_values(1, x)', '1', /count_values needs a string/],
    ['count_values("", x)', '""', /needs a name/],
    ['label_replace(x, "a", "$1", "b", "(")', '"("', /regular expression cannot be used/],
    ['label_replace(x, "", "$1", "b", "c")', '""', /needs a name/],
    ['label_join(x, "a", ",", "")', '""', /needs a name/],
    ['label_join(x, "a")', 'label_join(x, "a")', /at least 3/],
    ['predict_linear(x[5m])', 'predict_linear(x[5m])', /takes 2 arguments/],
    ['quantile_over_time(x[5m], 0.5)', 'x[5m]', /needs a number here/],
    ['"text"', '"text"', /string has no value/],
    ['x{__name__="y"}', 'x{__name__="y"}', /name is given twice/],
    ['{a=~".*"}', '{a=~".*"}', /select everything/],
    ['x{a=~"("}', '"("', /regular expression cannot be used: missing closing \)/],
    ['x{a=~"(?=b)"}', '"(?=b)"', /unsupported Perl syntax/],
    ['x{a=~"\\\\1"}', '"\\\\1"', /invalid escape/],
    ['x{a="\\q"}', '"\\q"', /broken or not closed/],
  ];
  for (const [query, marked, why] of refused)
    it(`refuses ${query || 'nothing'} and points at it`, () => {
      const problem = checkQuery(query);
      expect(problem?.message).to.match(why);
      expect(query.slice(problem?.from, problem?.to).trim()).to.equal(marked);
    });

  const accepted = [
    'x',
    'sum by (a, b,) (x)',
    'sum(x) without (a)',
    'SUM(x)',
    'rate((x)[1m])',
    'rate(x[$__rate_interval])',
    'x[5m] offset 1m == 1'.replace('x[5m]', 'x'),
    'histogram_quantile(0.95, sum by (le) (rate(x_bucket{a!~"b|c"}[30s])))',
    '{"dotted.name", a="b"}',
    '{__name__=~"http_.+"}',
    'time() - process_start_time_seconds > bool 1e3',
    'x # a comment',
  ];
  for (const query of accepted) it(`accepts ${query}`, () => expect(checkQuery(query)).to.equal(null));

  it('keeps positions true behind $__rate_interval', () => {
    const query = 'rate(x[$__rate_interval]) + nope(y)';
    const problem = checkQuery(query);
    expect(query.slice(problem?.from, problem?.to)).to.equal('nope');
  });

  it('puts the rate interval in', () => {
    const parsed = parseQuery('rate(x[$__rate_interval])', { rateIntervalMs: 75_000 });
    const call = parsed.ok && parsed.expr.kind === 'call' ? parsed.expr.args[0] : undefined;
    expect(call).to.include({ kind: 'range', rangeMs: 75_000 });
  });

  it('never throws, and points into the text', () => {
    const piece = fc.constantFrom(
      ...[
        'x',
        '{',
        '}',
        '(',
        ')',
        '[5m]',
        '[',
        'sum',
        'by',
        'rate',
        '"a"',
        '=~',
        '=',
        '!=',
        '+',
        '-',
        '^',
        'and',
        'on',
        'bool',
        '1',
        ',',
        'offset',
        '@',
        '$__rate_interval',
        "'",
        '`',
        '\\',
        '#',
        '\n',
        'é',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 15 }), fc.boolean(), (pieces, spaced) => {
        const query = pieces.join(spaced ? ' ' : '');
        const problem = checkQuery(query);
        if (problem) expect(problem.from).to.be.within(0, query.length);
        if (problem) expect(problem.to).to.be.within(problem.from, query.length + 1);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses endless nesting instead of running out of stack', () => {
    expect(checkQuery('('.repeat(4_000) + 'x' + ')'.repeat(4_000))?.message).to.match(/nested too deeply/);
    expect(checkQuery('x + '.repeat(10_000))?.message).to.match(/more than/);
  });
});

describe('PromQL literals', () => {
  const rows: readonly (readonly [string, number | undefined])[] = [
    ['1.5', 1.5],
    ['.5e3', 500],
    ['0x1F', 31],
    ['1_000', 1000],
    ['0xff', 255],
    ['010', 8],
    ['08', 8],
    ['1e-3', 0.001],
    ['+Inf', Infinity],
    ['1h30m', 5400],
    ['0x1p-2', 0.25],
    ['--1', undefined],
    ['1e', undefined],
    ['Inf', Infinity],
    ['-inf', -Infinity],
    ['NaN', NaN],
    ['5m', 300],
    ['', undefined],
    ['x', undefined],
  ];
  for (const [text, value] of rows)
    it(`reads ${text || 'nothing'} as ${value}`, () => expect(readNumber(text)).to.deep.equal(value));

  it('reads durations', () => {
    expect(readDuration('1h30m')).to.equal(5_400_000);
    expect(readDuration('1d2h3m4s5ms')).to.equal(93_784_005);
    expect(readDuration('5')).to.equal(undefined);
    expect(readDuration('m')).to.equal(undefined);
  });

  it('reads strings by the rules of Go', () => {
    expect(readString('"a\\"b\\n\\x41\\u00e9\\101"')).to.equal('a"b\nAéA');
    expect(readString("'it\\'s'")).to.equal("it's");
    expect(readString('`raw\\n`')).to.equal('raw\\n');
    expect(readString('"\\q"')).to.equal(undefined);
    expect(readString('"open')).to.equal(undefined);
  });
});
