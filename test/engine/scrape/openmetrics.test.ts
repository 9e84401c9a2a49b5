/**
 * OpenMetrics 1.0, each rule with a page that breaks it. What is refused here is refused by the format's reference parser in
 * Python too, unless the case says otherwise.
 */
import { expect } from 'chai';
import { checkPage } from '../../../engine/scrape/index.js';
import { OpenMetricsReader } from '../../../engine/scrape/openmetrics/reader.js';
import { readPage } from '../../../engine/scrape/read.js';
import { wanting, wantingAll } from './filters.js';

const type = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const check = (text: string): unknown => {
  const page = checkPage(Buffer.from(text), type);
  return page.ok ? page.samples.map(({ name, labels, value }) => [name, labels, value]) : page.problems;
};

describe('OpenMetrics', () => {
  const good: readonly (readonly [what: string, page: string, samples: readonly unknown[]])[] = [
    ['an empty page', '', []],
    ['a family without samples', '# TYPE a gauge\n', []],
    ['a sample without any family', 'a 1\n', [['a', {}, 1]]],
    ['a name with a suffix that no family claims', 'a_total 1\n', [['a_total', {}, 1]]],
    ['empty braces', 'a{} 1\n', [['a', {}, 1]]],
    ['timestamps in seconds', 'a 1 1.5\nb 1 -1\nc 1 1e3\n', ['a', 'b', 'c'].map((name) => [name, {}, 1])],
    ['an empty HELP and an empty UNIT', '# HELP a \n# UNIT a \n# TYPE a unknown\na 1\n', [['a', {}, 1]]],
    [
      'a counter with its time of creation and an exemplar',
      '# TYPE a counter\n# HELP a "x" \\n y\na_total{x="1"} 3 1 # {trace="t",u="}"} 0.5 1.5\na_created{x="1"} 1e3 1\n',
      [
        ['a_total', { x: '1' }, 3],
        ['a_created', { x: '1' }, 1000],
      ],
    ],
    ['an exemplar without labels', '# TYPE a counter\na_total 3 # {} 1\n', [['a_total', {}, 3]]],
    [
      'a histogram, in whatever order its labels stand',
      '# TYPE a histogram\na_bucket{x="1",le="0.5"} 1\na_bucket{le="+Inf",x="1"} 2 # {a="b"} 1\na_count{x="1"} 2\na_sum{x="1"} 0.7\n',
      [
        ['a_bucket', { x: '1', le: '0.5' }, 1],
        ['a_bucket', { le: '+Inf', x: '1' }, 2],
        ['a_count', { x: '1' }, 2],
        ['a_sum', { x: '1' }, 0.7],
      ],
    ],
    [
      'a gauge histogram',
      '# TYPE a gaugehistogram\na_bucket{le="-1"} 1\na_bucket{le="+Inf"} 2\na_gcount 2\na_gsum -5\n',
      [
        ['a_bucket', { le: '-1' }, 1],
        ['a_bucket', { le: '+Inf' }, 2],
        ['a_gcount', {}, 2],
        ['a_gsum', {}, -5],
      ],
    ],
    [
      'a summary',
      '# TYPE a summary\na{quantile="0.5"} NaN\na{quantile="1"} 2\na_count 3\na_sum 4\na_created 1\n',
      [
        ['a', { quantile: '0.5' }, NaN],
        ['a', { quantile: '1' }, 2],
        ['a_count', {}, 3],
        ['a_sum', {}, 4],
        ['a_created', {}, 1],
      ],
    ],
    [
      'info and stateset',
      '# TYPE v info\nv_info{version="1"} 1\n# TYPE s stateset\ns{s="a"} 1\ns{s="b"} 0.0\n',
      [
        ['v_info', { version: '1' }, 1],
        ['s', { s: 'a' }, 1],
        ['s', { s: 'b' }, 0],
      ],
    ],
    ['a unit', '# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds 1\n', [['a_seconds', {}, 1]]],
    [
      'values of all kinds',
      'a{x="1"} +Inf\na{x="2"} -inf\na{x="3"} NaN\na{x="4"} .5\na{x="5"} 5.\na{x="6"} 007\na{x="7"} 1E-3\n',
      [Infinity, -Infinity, NaN, 0.5, 5, 7, 0.001].map((value, nth) => ['a', { x: `${nth + 1}` }, value]),
    ],
    [
      'escapes, braces and hashes in labels',
      'a{x="\\"\\\\\\n\\q",y="} # {",z="ü"} 1\n',
      [['a', { x: '"\\\n\\q', y: '} # {', z: 'ü' }, 1]],
    ],
    [
      'the same series at several times, rising',
      'a{x="1"} 1 1\na{x="1"} 2 2\na{x="2"} 1 1\n',
      [
        ['a', { x: '1' }, 1],
        ['a', { x: '1' }, 2],
        ['a', { x: '2' }, 1],
      ],
    ],
    // Prometheus 3 reads names in quotes; the Python parser does not.
    ['names in quotes', '# TYPE "a.b" counter\n{"a.b_total","x y"="z"} 1\n', [['a.b_total', { 'x y': 'z' }, 1]]],
    // An empty label is the same as none; what is shown is what stands on the page.
    ['an empty label', 'a{x=""} 1\n', [['a', { x: '' }, 1]]],
  ];
  for (const [what, page, samples] of good)
    it(`accepts ${what}`, () => {
      expect(check(`${page}# EOF\n`)).to.deep.equal(samples);
      expect(check(`${page}# EOF`)).to.deep.equal(samples);
    });

  const bad: readonly (readonly [page: string, why: RegExp])[] = [
    ['a 1\n', /line 2 is the end of the page, without # EOF/],
    ['', /line 1 is the end of the page/],
    ['a 1\n# EOF\na 2\n', /line 3 stands after # EOF/],
    ['a 1\n# EOF\n\n', /line 3 stands after # EOF/],
    ['a 1\n# EOF \n', /line 2 is neither/],
    ['\na 1\n# EOF\n', /line 1 is blank/],
    ['a 1\r\n# EOF\r\n', /line 1 has "1\r" for the value/],
    ['\ufeffa 1\n# EOF\n', /for a metric name/],
    ['# a comment\n# EOF\n', /line 1 is neither TYPE, HELP nor UNIT/],
    ['#TYPE a gauge\n# EOF\n', /line 1 is neither/],
    ['# TYPE a\n# EOF\n', /line 1 is neither/],
    ['# HELP a\n# EOF\n', /line 1 is neither/],
    ['# TYPE  a gauge\n# EOF\n', /line 1 is neither/],
    ['# TYPE a untyped\n# EOF\n', /"untyped" for a type; it must be one of unknown, gauge/],
    ['# TYPE a gauge \n# EOF\n', /"gauge " for a type/],
    ['# TYPE a gauge\n# TYPE a gauge\n# EOF\n', /line 2 is a second TYPE of a/],
    ['# HELP a x\n# TYPE a gauge\n# HELP a x\n# EOF\n', /line 3 is a second HELP of a/],
    ['a 1\n# TYPE a gauge\n# EOF\n', /line 2 describes a after its samples/],
    ['a 1\nb 1\na{x="1"} 2\n# EOF\n', /line 3 begins a family with a, which stands on the page already/],
    ['# TYPE a counter\na_total 1\n# TYPE a_total gauge\n# EOF\n', /line 3 begins a family with a_total/],
    ['# TYPE a counter\na 1\n# EOF\n', /line 2 begins a family with a, .*the counter a are called a_total, a_created/],
    ['# TYPE a gauge\n# UNIT a seconds\n# EOF\n', /line 2 has the unit "seconds", in which a does not end/],
    ['# TYPE a_x info\n# UNIT a_x x\n# EOF\n', /line 1 begins a_x of type info, which has no unit/],
    ['0a 1\n# EOF\n', /"0a" for a metric name/],
    ['a.b 1\n# EOF\n', /"a.b" for a metric name/],
    ['{x="1"} 1\n# EOF\n', /more or less than one metric name/],
    ['a{"b",x="1"} 1\n# EOF\n', /more or less than one metric name/],
    ['a\n# EOF\n', /line 1 has no value after a space/],
    ['a  1\n# EOF\n', /"" for the value/],
    ['a 1 \n# EOF\n', /"" for the timestamp/],
    ['a\t1\n# EOF\n', /for a metric name/],
    [' a 1\n# EOF\n', /line 1 has no metric name/],
    ['a one\n# EOF\n', /"one" for the value/],
    ['a 1_0\n# EOF\n', /for the value/],
    ['a 0x1p4\n# EOF\n', /for the value/],
    // Python makes it infinite; a float64 cannot hold it, and Prometheus refuses it.
    ['a 1e999\n# EOF\n', /for the value/],
    ['a 1 NaN\n# EOF\n', /"NaN" for the timestamp/],
    ['a 1 1 1\n# EOF\n', /"1 1" for the timestamp/],
    ['a{x="1",} 1\n# EOF\n', /broken label at "}"/],
    ['a{,x="1"} 1\n# EOF\n', /broken label/],
    ['a{x="1" ,y="2"} 1\n# EOF\n', /broken label/],
    ['a{x= "1"} 1\n# EOF\n', /broken label/],
    ['a{x} 1\n# EOF\n', /label x without a value/],
    ['a{x="1"y="2"} 1\n# EOF\n', /broken label/],
    ['a{x="1",x="2"} 1\n# EOF\n', /label x twice/],
    ['a{1x="1"} 1\n# EOF\n', /broken label/],
    ['a{x="1} 1\n# EOF\n', /unclosed brace or quote/],
    // What the Python parser passes over: nothing but a space may follow the braces.
    ['a{x="1"}1\n# EOF\n', /no value after a space/],
    ['# TYPE a counter\na_total -1\n# EOF\n', /counts, and is below 0/],
    ['# TYPE a counter\na_total NaN\n# EOF\n', /counts, and is NaN/],
    ['# TYPE a info\na_info 2\n# EOF\n', /info and not 1/],
    ['# TYPE a stateset\na{a="x"} 2\n# EOF\n', /neither 0 nor 1/],
    ['# TYPE a stateset\na{b="x"} 1\n# EOF\n', /no label a/],
    ['# TYPE a summary\na{quantile="1.5"} 1\n# EOF\n', /"1.5" for quantile/],
    ['# TYPE a summary\na 1\n# EOF\n', /"" for quantile/],
    ['# TYPE a summary\na{quantile="0.5"} -1\n# EOF\n', /quantile below 0/],
    ['# TYPE a summary\na_count 1.5\n# EOF\n', /no whole number/],
    ['# TYPE a histogram\na_bucket{le="+Inf"} 1.5\n# EOF\n', /no whole number/],
    ['# TYPE a histogram\na_bucket 1\n# EOF\n', /"" for le/],
    ['# TYPE a histogram\na_bucket{le="inf"} 1\n# EOF\n', /"inf" for le/],
    ['# TYPE a histogram\na_bucket{le="1"} 1\n# EOF\n', /line 2 ends a histogram without le="\+Inf"/],
    ['# TYPE a histogram\na_bucket{le="2"} 1\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 3\n# EOF\n', /not above the one/],
    ['# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\n# EOF\n', /fewer in a bucket/],
    ['# TYPE a histogram\na_bucket{le="+Inf"} 1\na_count 2\na_sum 1\n# EOF\n', /is not its count/],
    ['# TYPE a histogram\na_bucket{le="+Inf"} 1\na_count 1\n# EOF\n', /either sum or count/],
    ['# TYPE a histogram\na_bucket{le="-1"} 1\na_bucket{le="+Inf"} 1\na_count 1\na_sum 1\n# EOF\n', /must have no sum/],
    ['# TYPE a gaugehistogram\na_bucket{le="+Inf"} 1\na_gcount 1\na_gsum -1\n# EOF\n', /sum below 0/],
    ['# TYPE a gauge\na 1 # {} 1\n# EOF\n', /has an exemplar, which only buckets/],
    ['# TYPE a counter\na_total 1 # x="1" 1\n# EOF\n', /exemplar without labels/],
    ['# TYPE a counter\na_total 1 # {}\n# EOF\n', /no value of its exemplar/],
    ['# TYPE a counter\na_total 1 # {} 1 x\n# EOF\n', /timestamp of its exemplar/],
    [`# TYPE a counter\na_total 1 # {t="${'x'.repeat(128)}"} 1\n# EOF\n`, /more than 128 characters/],
    ['# TYPE a counter\na_total{x="1"} 1\na_total{x="2"} 1\na_created{x="1"} 1\n# EOF\n', /apart from the other/],
    ['a 1 2\na 1 1\n# EOF\n', /older than the sample of its metric before it/],
    ['a 1 1\na 1\n# EOF\n', /has a timestamp, or none/],
    // Prometheus and the Python parser keep the first; the format allows a series once for each time.
    ['a 1\na 2\n# EOF\n', /line 2 repeats a series/],
    ['a{x=""} 1\na 2\n# EOF\n', /line 2 repeats a series/],
    // A native histogram in text, as OpenMetrics 2.0 drafts have it.
    ['# TYPE a histogram\na {count:1,sum:2,schema:0} 1\n# EOF\n', /for the value/],
  ];
  for (const [page, why] of bad)
    it(`refuses ${JSON.stringify(page)}`, () => {
      const problems = check(page);
      expect(problems).to.be.an('array').with.property('length').that.is.at.least(1);
      expect(String(problems)).to.match(why);
    });

  it('tells all that is wrong, in the order of the page', () => {
    expect(check('a 1\n\na 2\nb x\n')).to.deep.equal([
      'line 2 is blank',
      'line 3 repeats a series',
      'line 4 has "x" for the value',
      'line 5 is the end of the page, without # EOF before it',
    ]);
  });

  it('refuses invalid UTF-8 anywhere, with its line', () => {
    const page = Buffer.concat([Buffer.from('a 1\n# HELP b '), Buffer.from([0xff]), Buffer.from('\n# EOF\n')]);
    expect(checkPage(page, type)).to.deep.include({ ok: false, problems: ['line 2 is not valid UTF-8'] });
    expect(readPage(page, type, wanting(['a']), 'auto')).to.have.property('ok', false);
  });

  describe('read for some names', () => {
    const read = (text: string, names: readonly string[]): unknown => {
      const page = readPage(Buffer.from(text), type, wanting(names), 'auto');
      return page.ok ? page.samples.map(({ name, value, timestampMs }) => [name, value, timestampMs]) : page.why;
    };

    it('brings their samples alone, with their time in milliseconds', () => {
      const page = '# TYPE a counter\na_total 1 1.5\na_created 1 1.5\n# TYPE b gauge\nb 2\nc 3\n# EOF\n';
      expect(read(page, ['a_total', 'c'])).to.deep.equal([
        ['a_total', 1, 1500],
        ['c', 3, null],
      ]);
    });

    it('refuses the whole page for a fault of a family that is asked for, wherever it lies', () => {
      expect(read('# TYPE a counter\na_total 1\na_created x\n# EOF\n', ['a_total'])).to.match(/line 3 has "x"/);
      expect(read('b 1\nb x\n# EOF\n', ['b'])).to.match(/line 2/);
    });

    for (const [what, page] of [
      ['the end', 'a 1\n'],
      ['blank lines', '\na 1\n# EOF\n'],
      ['descriptions', '# TYPE b x\nb 1\na 1\n# EOF\n'],
      ['families torn apart', 'b 1\na 1\nb 2\n# EOF\n'],
      ['names that two families claim', '# TYPE b counter\nb_total 1\n# TYPE b_total gauge\na 1\n# EOF\n'],
      ['comments', '# hello\na 1\n# EOF\n'],
    ] as const)
      it(`watches ${what} of families that nobody asks for`, () => {
        expect(read(page, ['a'])).to.be.a('string');
      });

    for (const [what, line, why] of [
      ['labels', 'b{broken 1', /line 2 has an unclosed brace/],
      ['values', 'b x', /line 2 has "x" for the value/],
      ['label names', 'b{1="2"} 1', /line 2 has a broken label/],
      ['repeated series', 'b 1\nb 1', /line 3 repeats a series/],
      ['exemplars', 'b 1 # {x="1"} 1', /line 2 has an exemplar/],
    ] as const)
      it(`watches ${what} of families that nobody asks for`, () => {
        expect(read(`# TYPE b gauge\n${line}\na 1\n# EOF\n`, ['a'])).to.match(why);
      });

    it('starts each page anew', () => {
      const reader = new OpenMetricsReader(wantingAll);
      const page = Buffer.from('# TYPE a counter\na_total 1\n# EOF\n');
      for (let i = 0; i < 3; i++) expect(reader.read(page).problems).to.deep.equal([]);
      expect(reader.read(Buffer.from('a\n')).problems).to.have.length(1);
      expect(reader.read(page)).to.have.nested.property('samples.length', 1);
    });
  });
});
