/** Random regular expressions on random label values, matched by Prometheus and by us. */
import { expect } from 'chai';
import fc from 'fast-check';
import { describeWith } from '../../../support/parts.js';
import { difference } from './compare.js';
import { ourAnswers } from './ours.js';
import { promtoolAnswers, type Case } from './promtool.js';

const atom = fc.constantFrom(
  ...[
    'a',
    'b',
    'A',
    'é',
    'ß',
    '.',
    '1',
    '_',
    '-',
    ' ',
    '/',
    '[ab]',
    '[^a]',
    '[a-c1]',
    '[]a]',
    '[^\\d]',
    '[[:alpha:]]',
    '[[:^digit:]_]',
  ],
  ...[
    '\\d',
    '\\D',
    '\\w',
    '\\W',
    '\\s',
    '\\pL',
    '\\p{Lu}',
    '\\PN',
    '\\.',
    '\\x61',
    '\\x{e9}',
    '\\Qa.b\\E',
    '\\b',
    '\\B',
    '^',
    '$',
    '\\A',
    '\\z',
  ],
  ...[
    '(a|b)',
    '(?:ab)',
    '(?i:ab)',
    '(?i)a',
    '(?s).',
    '(?-s).',
    '(?U)a+',
    '()',
    '(a|)',
    '(|a)',
    '((a)b)',
    '[',
    '(',
    ')',
    '\\1',
    '(?=a)',
    '\\C',
  ],
);
const times = fc.constantFrom(
  '',
  '',
  '',
  '*',
  '+',
  '?',
  '*?',
  '+?',
  '{2}',
  '{1,}',
  '{0,2}',
  '{,2}',
  '{2,1}',
  '{1001}',
  '**',
);
const piece = fc.tuple(atom, times).map(([one, many]) => one + many);
const regex = fc
  .array(fc.oneof({ weight: 6, arbitrary: piece }, fc.constant('|')), { minLength: 1, maxLength: 6 })
  .map((pieces) => pieces.join(''));
const value = fc.string({
  unit: fc.constantFrom('a', 'b', 'A', 'B', 'é', 'É', 'ß', '1', '.', '_', '-', ' ', '/', '😀'),
  minLength: 1,
  maxLength: 7,
});

describeWith('prometheus', 'label regexes, as Prometheus itself matches them', function () {
  this.timeout(60_000);

  const agree = async (seed: number): Promise<void> => {
    const values = fc.sample(fc.uniqueArray(value, { minLength: 80, maxLength: 80 }), { numRuns: 1, seed })[0] ?? [];
    const regexes = fc.sample(regex, { numRuns: 700, seed });
    const series = values.map((text) => ({ series: `m{v=${JSON.stringify(text)}}`, values: '1' }));
    const evals = regexes.flatMap((source) => [{ expr: `m{v=~${JSON.stringify(source)}}`, atMs: 0 }]);
    const asked: Case = { intervalSeconds: 5, series, evals };
    const [theirs = []] = await promtoolAnswers([asked]);
    const ours = ourAnswers(asked);
    const found = evals.flatMap(({ expr }, nth) => {
      const differ = difference(theirs[nth] ?? { error: 'no answer' }, ours[nth] ?? []);
      return differ === null ? [] : [`${expr}: ${differ}`];
    });
    expect(found.slice(0, 5).join('\n'), `seed ${seed}: ${found.length} differences`).to.equal('');
  };

  it('agree', () => agree(20_261_126));
  it('long: agree on ten thousand', async () => {
    for (let round = 0; round < 15; round++) await agree((Date.now() + round) % 2 ** 31);
  });
});
