import { expect } from 'chai';
import fc from 'fast-check';
import { OpenMetricsReader, type StrictPage } from '../../../engine/scrape/openmetrics/reader.js';
import { wanting, wantingAll } from './filters.js';
import { modelPage, openMetricsOf } from './model-pages.js';

const apart = (page: string, filter = wantingAll): StrictPage => new OpenMetricsReader(filter).read(Buffer.from(page));

const histogram = (...values: readonly string[]): string => {
  const [low, high, count, sum] = values;
  return `# TYPE h histogram\nh_bucket{le="1"} ${low}\nh_bucket{le="+Inf"} ${high}\nh_count ${count}\nh_sum ${sum}\n# EOF\n`;
};

describe('OpenMetrics pages that show known lines', () => {
  const pairs: readonly (readonly [before: string, then: string])[] = [
    ['# TYPE a counter\na_total 1\n# EOF\n', '# TYPE a counter\na_total 2\n# EOF'],
    ['# TYPE a counter\na_total 1\n# EOF\n', '# TYPE a counter\na_total -1\n# EOF\n'],
    ['# TYPE a counter\na_total 1\n# EOF\n', '# TYPE a counter\na_total NaN\n# EOF\n'],
    ['# TYPE a counter\na_total 1\n# EOF\n', '# TYPE a counter\na_total 1 1700000000\n# EOF\n'],
    ['# TYPE a counter\na_total 1\n# EOF\n', '# TYPE a counter\na_total 1 # {x="y"} 1\n# EOF\n'],
    ['# TYPE a counter\na_total 1 # {x="y"} 1\n# EOF\n', '# TYPE a counter\na_total 2 # {x="y} 1\n# EOF\n'],
    ['# TYPE a counter\na_total 1 # {x="y"} 1\n# EOF\n', '# TYPE a counter\na_total -2 # {x="y"} 1\n# EOF\n'],
    ['# TYPE a gauge\na 1\n# EOF\n', '# TYPE a gauge\na 1 # {x="y"} 1\n# EOF\n'],
    ['# TYPE a counter\na_total 1\n# EOF\n', '# TYPE a counter\na_total  1\n# EOF\n'],
    ['# TYPE a counter\na_total 1\n# EOF\n', '# TYPE a counter\na_total 1 \n# EOF\n'],
    ['# TYPE a counter\na_total 1\n# EOF\n', '# TYPE a counter\na_total\n# EOF\n'],
    ['# TYPE a counter\na_total 1\n# EOF\n', '# TYPE a counter\na_total 1\n# EOF\n\n'],
    ['# TYPE a counter\na_total 1\n# EOF\n', '# TYPE a counter\na_total 1\n'],
    ['# TYPE a counter\na_total 1\n# EOF\n', '# TYPE a counter\na_total 1\na_total 1\n# EOF\n'],
    ['# TYPE a counter\na_total 1\n# EOF\n', '# TYPE a counter\na_total 1.7000000001234567e+09\n# EOF\n'],
    ['# TYPE a counter\na_total 1\n# EOF\n', `# TYPE a counter\na_total 1${'0'.repeat(70_000)}\n# EOF\n`],
    ['# TYPE a gauge\na 1\n# EOF\n', '# TYPE a gauge\na NaN\n# EOF\n'],
    ['# TYPE a gauge\na 1\n# EOF\n', '# TYPE a gauge\na -Inf\n# EOF\n'],
    ['# TYPE a gauge\na 1\n# EOF\n', '# TYPE a gauge\na {x="1"} 1\n# EOF\n'],
    ['# TYPE a gauge\na 1\n# EOF\n', '# TYPE a counter\na 1\n# EOF\n'],
    ['# TYPE a info\na_info 1\n# EOF\n', '# TYPE a info\na_info 2\n# EOF\n'],
    ['# TYPE a stateset\na{a="x"} 1\n# EOF\n', '# TYPE a stateset\na{a="x"} 2\n# EOF\n'],
    ['# TYPE a summary\na_count 1\n# EOF\n', '# TYPE a summary\na_count 1.5\n# EOF\n'],
    ['a_info 5\n# EOF\n', '# TYPE a info\na_info 5\n# EOF\n'],
    [histogram('1', '2', '2', '3'), histogram('4', '6', '6', '1.5')],
    [histogram('1', '2', '2', '3'), histogram('4', '3', '3', '1')],
    [histogram('1', '2', '2', '3'), histogram('1', '2', '3', '1')],
    [histogram('1', '2', '2', '3'), histogram('1', '2', '2', '-1')],
    [histogram('1', '2', '2', '3'), histogram('1.5', '2', '2', '1')],
    [histogram('1', '2', '2', '3'), histogram('1', '2', '2', '1').replace(/h_count.*\n/, '')],
    ['a 1\nb 1\n# EOF\n', 'b 1\na 1\n# EOF\n'],
    ['a 1\nb 1\na{x="1"} 1\n# EOF\n', 'a 1\na{x="1"} 1\nb 1\n# EOF\n'],
  ];
  for (const [before, then] of pairs)
    it(`are judged alike: ${JSON.stringify(then.slice(0, 60))}, after ${JSON.stringify(before.slice(0, 60))}`, () => {
      for (const filter of [wantingAll, wanting(['a', 'h_count'])]) {
        const reader = new OpenMetricsReader(filter);
        for (let times = 0; times < 3; times++)
          for (const page of [before, then]) expect(reader.read(Buffer.from(page))).to.deep.equal(apart(page, filter));
      }
    });

  it('are judged alike, whatever changed', () => {
    const value = fc.constantFrom('0', '1', '2', '7', '0.5', '-1', 'NaN', '+Inf', '3 5', '1 # {} 1', '', 'x');
    const edit = fc.record({ at: fc.nat(30), cut: fc.nat(2), value });
    fc.assert(
      fc.property(modelPage, fc.array(edit, { maxLength: 6 }), fc.boolean(), (families, edits, all) => {
        const lines = openMetricsOf(families).split('\n');
        // A line is left out, doubled, or has another value.
        const pages = edits.map((each) => {
          const at = each.at % lines.length;
          const changed = (lines[at] ?? '').replace(/ [^ ]*$/, ` ${each.value}`);
          const put = each.cut === 0 ? [] : each.cut === 1 ? [changed] : [lines[at] ?? '', changed];
          return [...lines.slice(0, at), ...put, ...lines.slice(at + 1)].join('\n');
        });
        const filter = all ? wantingAll : wanting(['family_0x', 'family_1x_total']);
        const reader = new OpenMetricsReader(filter);
        for (const page of [lines.join('\n'), ...pages, lines.join('\n'), ...pages])
          expect(reader.read(Buffer.from(page))).to.deep.equal(apart(page, filter));
      }),
      { numRuns: 300 },
    );
  });

  it('share what is known of their series with the pages before', () => {
    const reader = new OpenMetricsReader(wantingAll);
    const labels = [1, 2, 3].map(
      (value) => reader.read(Buffer.from(`a{b="c"} ${value}\n# EOF\n`)).samples[0]?.labels ?? value,
    );
    expect(new Set(labels).size).to.equal(1);
  });

  it('are judged alike where the memory starts anew', () => {
    const reader = new OpenMetricsReader(wanting(['a']));
    for (let page = 0; page < 600; page++) {
      const others = Array.from({ length: 30 }, (_, nth) => `b{id="${'x'.repeat(60)}${page}-${nth}"} ${nth}`);
      const read = reader.read(Buffer.from(['a 1', ...others, '# EOF\n'].join('\n')));
      expect(read).to.have.nested.property('samples.length', 1);
      const torn = reader.read(Buffer.from(['a 1', ...others, 'a 1', '# EOF\n'].join('\n')));
      expect(torn.problems).to.have.length(1);
    }
  });
});
