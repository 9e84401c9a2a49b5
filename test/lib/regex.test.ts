import { expect } from 'chai';
import fc from 'fast-check';
import { compileRegex } from '../../lib/regex.js';

const matches = (source: string, value: string): boolean => {
  const regex = compileRegex(source);
  if (!regex.ok) throw new Error(regex.why);
  return regex.test(value);
};

describe('label regexes', () => {
  const rows: readonly (readonly [source: string, yes: readonly string[], no: readonly string[]])[] = [
    ['', [''], ['a']],
    ['abc', ['abc'], ['ab', 'abcd', 'xabc']],
    ['5..', ['500', '5xx'], ['50', '5000']],
    ['a|bc|', ['a', 'bc', ''], ['ac', 'b']],
    ['(?:a|b)+c?', ['a', 'abba', 'bc'], ['', 'c', 'acc']],
    ['.*', ['', 'a\nb'], []],
    ['.+', ['x'], ['']],
    ['[a-c]{2,3}', ['ab', 'abc'], ['a', 'abcd', 'ad']],
    ['a{2}', ['aa'], ['a', 'aaa']],
    ['a{2,}', ['aa', 'aaaa'], ['a']],
    ['[^/]+/x', ['a/x'], ['/x', 'a/b/x']],
    ['[]a]', [']', 'a'], ['b']],
    ['\\d+\\.\\w', ['12.a'], ['12xa', 'a.a']],
    ['[\\d_]+', ['1_2'], ['a']],
    ['(?i)get|POST', ['GET', 'post'], ['put']],
    ['(?P<name>a)b', ['ab'], ['b']],
    ['^a$', ['a'], ['aa']],
    ['a*?b', ['b', 'aab'], ['a']],
    ['\\/api\\/v1\\/.*', ['/api/v1/x'], ['/api/v2/x']],
    ['(a*)*', ['', 'aaa'], ['b']],
    ['GET|POST', ['GET', 'POST'], ['', 'GET|POST', 'get']],
    ['\\pL+', ['añß'], ['a1', '']],
    ['[[:digit:]]+', ['42'], ['4x']],
    ['(?:(?i)a)b', ['ab', 'Ab'], ['aB']],
    ['\\Qa.b\\E', ['a.b'], ['axb']],
    ['a\\b.*', ['a', 'a-b'], ['ab']],
    ['(?-s).', ['a'], ['\n']],
    ['.', ['a', '\n', '😀'], ['', 'ab']],
    ['\\x{1F600}', ['😀'], ['x']],
    ['a{,2}', ['a{,2}'], ['a', 'aa']],
    ['((a+)+)+', ['aaa'], ['', 'ab']],
  ];
  for (const [source, yes, no] of rows)
    it(`${source || 'nothing'} matches whole values only`, () => {
      for (const value of yes) expect(matches(source, value), value).to.equal(true);
      for (const value of no) expect(matches(source, value), value).to.equal(false);
    });

  for (const source of [
    '(',
    ')',
    '(a',
    '[a',
    'a**',
    '*',
    'a{3,1}',
    'a)(b',
    'a{2000}',
    '(a{100}){100}',
    '\\1',
    '\\8',
    '\\pX',
    '(?=a)',
    '(?<!a)',
    '[[:foo:]]',
    '[a-\\d]',
    '\\C',
    '\\',
  ])
    it(`refuses ${source}`, () => expect(compileRegex(source)).to.have.property('ok', false));

  it('takes no longer for what makes others backtrack for ever', () => {
    expect(matches('(a|aa)*(a|aa)*c', 'a'.repeat(300))).to.equal(false);
    expect(matches('.*.*.*.*=.*', 'x'.repeat(1000))).to.equal(false);
    expect(matches('([a-z]+)*!', 'a'.repeat(500))).to.equal(false);
  });

  it('agrees with JavaScript where both know the syntax', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\.', '(a|b)', '(?:ab)');
    const piece = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{1,2}')).map(([one, times]) => one + times);
    const regex = fc.array(fc.oneof(piece, fc.constant('|')), { maxLength: 6 }).map((pieces) => pieces.join(''));
    const value = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.'), maxLength: 8 });
    fc.assert(
      fc.property(regex, value, (source, text) => {
        expect(matches(source, text)).to.equal(new RegExp(`^(?:${source})$`, 's').test(text));
      }),
      { numRuns: 500 },
    );
  });

  const expansions: readonly (readonly [regex: string, value: string, template: string, result: string | null])[] = [
    ['(.*)-(.*)', 'a-b', '$2/$1', 'b/a'],
    ['(?P<x>.*)-(?P<y>.*)', 'a-b', '${y}$x', 'ba'],
    ['(.*)', 'a', '$1x', ''],
    ['(.*)', 'a', '${1}x', 'ax'],
    ['(.*)', 'a', '$0 $$1 $ $- $2 $nope', 'a $1 $ $-  '],
    ['(a)|(b)', 'b', '[$1$2]', '[b]'],
    ['a', 'ab', 'x', null],
    ['', '', 'x', 'x'],
  ];
  for (const [source, value, template, result] of expansions)
    it(`${source || 'nothing'} puts ${value || 'nothing'} into ${template}`, () => {
      const regex = compileRegex(source);
      expect(regex.ok && regex.expand(value, template)).to.equal(result);
    });

  it('never throws', () => {
    const piece = fc.constantFrom(
      'a',
      '(',
      ')',
      '[',
      ']',
      '*',
      '+',
      '?',
      '{',
      '}',
      '1',
      ',',
      '\\',
      '|',
      '^',
      '$',
      '-',
      '(?',
      ':',
      'é',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), fc.string({ maxLength: 10 }), (pieces, text) => {
        const regex = compileRegex(pieces.join(''));
        if (regex.ok) expect(regex.test(text)).to.be.a('boolean');
      }),
      { numRuns: 200 },
    );
  });
});
