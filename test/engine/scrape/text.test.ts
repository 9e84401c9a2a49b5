import { expect } from 'chai';
import fc from 'fast-check';
import { PageReader, parseText } from '../../../engine/scrape/text.js';
import { wanting, wantingAll } from './filters.js';

const samplesOf = (text: string, filter = wantingAll): unknown[] => {
  const page = parseText(text, filter);
  if (!page.ok) throw new Error(page.why);
  return page.samples.map(({ name, labels, value, timestampMs }) => [name, labels, value, timestampMs]);
};

const warningsOf = (text: string): readonly string[] => {
  const page = parseText(text, wantingAll);
  return page.ok ? page.warnings : [];
};

describe('Prometheus text', () => {
  const lines: readonly (readonly [string, unknown])[] = [
    ['up 1', ['up', {}, 1, null]],
    ['up\t1', ['up', {}, 1, null]],
    ['  up   1  ', ['up', {}, 1, null]],
    ['up 1\r', ['up', {}, 1, null]],
    ['up{} 1', ['up', {}, 1, null]],
    ['up{a="b"} 1', ['up', { a: 'b' }, 1, null]],
    ['up {a="b"} 1', ['up', { a: 'b' }, 1, null]],
    ['up{a="b",}1', ['up', { a: 'b' }, 1, null]],
    ['up{ a = "b" , c = "d" } 1', ['up', { a: 'b', c: 'd' }, 1, null]],
    ['up{a="}"} 1', ['up', { a: '}' }, 1, null]],
    ['up{a="x\\"y\\\\z\\n"} 1', ['up', { a: 'x"y\\z\n' }, 1, null]],
    ['up{a="\\q"} 1', ['up', { a: '\\q' }, 1, null]],
    ['up{a="grün"} 1', ['up', { a: 'grün' }, 1, null]],
    ['up{a=""} 1', ['up', {}, 1, null]],
    ['up{constructor="x"} 1', ['up', { constructor: 'x' }, 1, null]],
    ['up 1 1700000000123', ['up', {}, 1, 1700000000123]],
    ['up 1 -5', ['up', {}, 1, -5]],
    ['up -1.5e-3', ['up', {}, -0.0015, null]],
    ['up .5', ['up', {}, 0.5, null]],
    ['up 5.', ['up', {}, 5, null]],
    ['up +1e3', ['up', {}, 1000, null]],
    ['up 12345678901234567890', ['up', {}, 12345678901234567000, null]],
    // Prometheus needs no comma between labels.
    ['up{a="b" c="d"} 1', ['up', { a: 'b', c: 'd' }, 1, null]],
    ['up{"a b"="c"} 1', ['up', { 'a b': 'c' }, 1, null]],
    ['up 1 +5', ['up', {}, 1, 5]],
    ['up 1 9223372036854775807', ['up', {}, 1, 2 ** 63]],
    ['up 1e-999', ['up', {}, 0, null]],
    ['up NaN', ['up', {}, NaN, null]],
    ['up +Inf', ['up', {}, Infinity, null]],
    ['up -inf', ['up', {}, -Infinity, null]],
    ['a:b_1 1', ['a:b_1', {}, 1, null]],
    ['{"dotted.name",a="b"} 1', ['dotted.name', { a: 'b' }, 1, null]],
  ];
  for (const [line, sample] of lines)
    it(`reads ${JSON.stringify(line)}`, () => {
      expect(samplesOf(`# TYPE up gauge\n\n${line}\n`)).to.deep.equal([sample]);
      expect(samplesOf(line)).to.deep.equal([sample]);
    });

  const broken: readonly (readonly [string, RegExp])[] = [
    ['up', /line 2 has no value/],
    ['up one', /line 2 has "one" for a value/],
    ['up 1_000', /for a value/],
    ['\ufeffup 1', /no valid metric name/],
    ['up\u00a0 1', /no valid metric name/],
    ['up\u00a0{a="b"} 1', /no valid metric name/],
    ['up 1 5\u00a0', /for a timestamp/],
    ['up 0b1', /for a value/],
    ['up 0x1p4', /for a value/],
    ['up 1e999', /for a value/],
    ['up +NaN', /for a value/],
    ['up 1 9223372036854775808', /for a timestamp/],
    ['up 1 x', /line 2 has "x" for a timestamp/],
    ['up 1 1.5', /for a timestamp/],
    ['up 1 # {trace="x"} 1', /for a timestamp/],
    ['up{a="b" 1', /unclosed/],
    ['up{a="b} 1', /unclosed/],
    ['up{a=b} 1', /broken label/],
    ['up{a} 1', /broken label/],
    ['up{a="b",,} 1', /without a value/],
    ['up{,} 1', /without a value/],
    ['up{"b" a="c"} 1', /without a value/],
    ['up{""="c"} 1', /label called ""/],
    ['{"up",1a="c"} 1', /label called "1a"/],
    ['up{a="x', /unclosed/],
    ['up {count:1,sum:2} 1', /broken label/],
    ['up{a="1",a="2"} 1', /label a twice/],
    ['up{1a="b"} 1', /label called "1a"/],
    ['up{__name__="x"} 1', /__name__/],
    ['1up 1', /no valid metric name/],
    ['u-p 1', /no valid metric name/],
    ['{a="b"} 1', /no valid metric name/],
  ];
  for (const [line, why] of broken)
    it(`reports ${JSON.stringify(line)} and makes no sample of it`, () => {
      const page = parseText(`fine 1\n${line}\n`, wantingAll);
      expect(page).to.have.property('ok', true);
      expect(samplesOf(`fine 1\n${line}\n`)).to.deep.equal([['fine', {}, 1, null]]);
      expect(warningsOf(`fine 1\n${line}\n`)).to.have.length(1);
      expect(warningsOf(`fine 1\n${line}\n`)[0]).to.match(why);
    });

  it('refuses invalid UTF-8 in a wanted line only', () => {
    const page = Buffer.concat([Buffer.from('up{a="'), Buffer.from([0xff]), Buffer.from('"} 1\nfine 2\n')]);
    const read = parseText(page, wantingAll);
    expect(read.ok && read.samples.map(({ name }) => name)).to.deep.equal(['fine']);
    expect(read.ok && read.warnings[0]).to.match(/UTF-8/);
  });

  it('keeps the first of a series that stands twice on a page, in whatever order its labels stand', () => {
    const text = 'up{a="1",b="2"} 1\nup{b="2",a="1"} 2\nup{a="1",b="2"} 3\n';
    expect(samplesOf(text)).to.deep.equal([['up', { a: '1', b: '2' }, 1, null]]);
    expect(warningsOf(text)).to.have.length(2);
    expect(warningsOf(text)[0]).to.match(/line 2 repeats a series/);
  });

  it('shares labels between pages, and does not take the next page for a repetition', () => {
    const reader = new PageReader(wantingAll);
    const [first, second] = [1, 2].map((value) => reader.read(Buffer.from(`up{a="1"} ${value}\n`)));
    if (!first?.ok || !second?.ok) throw new Error('unread');
    expect(second.warnings).to.deep.equal([]);
    expect(second.samples[0]?.value).to.equal(2);
    expect(second.samples[0]?.labels).to.equal(first.samples[0]?.labels);
  });

  it('reads only what is wanted, and says nothing of the faults of other lines', () => {
    const text = 'other{broken 1\nup{job="a"} 1\nup{job="b"} 2\nupper 3\nu 4\nanother one\n';
    const read = parseText(
      text,
      wanting(['up'], (name, { job }) => name === 'up' && job === 'a'),
    );
    expect(read).to.deep.equal({
      ok: true,
      samples: [{ name: 'up', labels: { job: 'a' }, value: 1, timestampMs: null }],
      warnings: [],
    });
  });

  it('counts warnings beyond the first twenty', () => {
    expect(warningsOf('up x\n'.repeat(30) + 'fine 1\n')).to.have.length(21);
    expect(warningsOf('up x\n'.repeat(30) + 'fine 1\n').at(-1)).to.equal('and 10 more');
  });

  for (const [what, text] of [
    ['HTML', '<!DOCTYPE html><html></html>'],
    ['HTML behind blanks', '\n  <html>'],
    ['plain words', 'Service Unavailable\n'],
    ['JSON', '[1, 2]'],
  ] as const)
    it(`takes ${what} for no page`, () => {
      expect(parseText(text, wanting(['up']))).to.have.property('ok', false);
    });

  for (const [what, text] of [
    ['an empty page', ''],
    ['comments alone', '# nothing yet\n'],
    ['samples that nobody wants', 'other{a="b"} 1\n'],
  ] as const)
    it(`takes ${what} for a page without samples`, () => {
      expect(parseText(text, wanting(['up']))).to.deep.equal({ ok: true, samples: [], warnings: [] });
    });

  it('reads back whatever can be written', () => {
    const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,8}$/);
    const label = fc.stringMatching(/^[a-z_][a-z0-9_]{0,6}$/).filter((each) => each !== '__name__');
    const value = fc.oneof(fc.double({ noNaN: false }), fc.integer());
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 });
    const escape = (raw: string): string => raw.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
    fc.assert(
      fc.property(name, fc.dictionary(label, text, { noNullPrototype: true }), value, (metric, labels, number) => {
        const pairs = Object.entries(labels).map(([key, each]) => `${key}="${escape(each)}"`);
        const written = Number.isFinite(number)
          ? String(number)
          : Number.isNaN(number)
            ? 'NaN'
            : number > 0
              ? '+Inf'
              : '-Inf';
        expect(samplesOf(`${metric}{${pairs.join(',')}} ${written}\n`)).to.deep.equal([
          [metric, labels, Number(written.replace('Inf', 'Infinity')), null],
        ]);
      }),
      { numRuns: 200 },
    );
  });

  it('never throws, and never invents a sample: each stands as text on the page', () => {
    const fragment = fc.oneof(
      fc.constantFrom(
        'up',
        'up{',
        '{',
        '}',
        '"',
        '\\',
        ' ',
        '\n',
        '=',
        ',',
        '# ',
        '1',
        'NaN',
        'a="b"',
        'up 1\n',
        'le="+Inf"',
      ),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 30 }), fc.boolean(), (fragments, all) => {
        const text = fragments.join('');
        const page = parseText(text, all ? wantingAll : wanting(['up']));
        if (!page.ok) return;
        expect(page.samples.length).to.be.at.most(text.split('\n').length);
        for (const { name, labels } of page.samples) {
          expect(text).to.contain(name);
          for (const [key, value] of Object.entries(labels)) {
            expect(text).to.contain(key);
            if (!/[\\"\n]/.test(value)) expect(text).to.contain(value);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('never throws on bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(parseText(bytes, wantingAll)).to.have.property('ok');
      }),
      { numRuns: 200 },
    );
  });
});
