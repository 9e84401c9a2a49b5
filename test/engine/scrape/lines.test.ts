import { expect } from 'chai';
import fc from 'fast-check';
import { Lines } from '../../../engine/scrape/lines.js';
import { PageReader } from '../../../engine/scrape/text.js';
import { wanting, wantingAll } from './filters.js';

const viewOf = (text: string): DataView => {
  const bytes = Buffer.from(text);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
};

describe('lines that are known again', () => {
  it('are those with the same bytes, and no others', () => {
    const text = fc.string({ unit: fc.constantFrom(...'abcdef_{}=", 019'), minLength: 8, maxLength: 40 });
    fc.assert(
      fc.property(text, text, fc.nat(39), (line, before, at) => {
        const lines = new Lines<string>('');
        const known = lines.learn('it', viewOf(line), 0, line.length);
        const place = before.length;
        expect(lines.isAt(viewOf(before + line), place, known)).to.equal(true);
        expect(lines.isAt(viewOf(`${before}${line} 12`), place, known)).to.equal(true);
        expect(lines.isAt(viewOf(before + line.slice(0, -1)), place, known)).to.equal(false);
        const other = at % line.length;
        const changed = String.fromCharCode(line.charCodeAt(other) ^ 1);
        const wrong = line.slice(0, other) + changed + line.slice(other + 1);
        expect(lines.isAt(viewOf(before + wrong), place, known)).to.equal(false);
      }),
    );
  });

  it('are never others, whatever their bytes', () => {
    const bytes = fc
      .uint8Array({ minLength: 8, maxLength: 17 })
      .map((each) => each.map((byte) => [0, 0x80, 0xff, 0x7f, 1][byte % 5] ?? 0));
    const view = (each: Uint8Array): DataView => new DataView(each.buffer, each.byteOffset, each.length);
    fc.assert(
      fc.property(bytes, bytes, fc.nat(16), (one, other, at) => {
        const lines = new Lines<string>('');
        const known = lines.learn('it', view(one), 0, one.length);
        const close = Uint8Array.from(one);
        close[at % close.length] = 0x80;
        for (const page of [other, close])
          if (lines.isAt(view(page), 0, known)) expect([...page.subarray(0, one.length)]).to.deep.equal([...one]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are not kept where they are too short or too long', () => {
    const lines = new Lines<string>('');
    for (const length of [-1, 0, 7, 5_000])
      expect(lines.learn('it', viewOf('x'.repeat(6_000)), 0, length)).to.include({ length: 0, meaning: 'it' });
    expect(lines.isAt(viewOf('x'.repeat(6_000)), 0, lines.learn('it', viewOf('xxxxxxx'), 0, 7))).to.equal(false);
  });

  it('are kept up to a limit, then none are for a thousand pages, then all are forgotten', () => {
    const lines = new Lines<number>(0);
    const page = viewOf('0123456789'.repeat(400));
    let kept = 0;
    while (lines.learn(kept, page, 0, 4_000).length > 0) kept++;
    expect(kept).to.equal(131);
    lines.top.next = lines.learn(0, page, 0, 40);
    for (let count = 1; count < 1_000; count++) expect(lines.turn()).to.equal(false);
    expect(lines.top.next).to.include({ length: 0 });
    expect(lines.turn()).to.equal(true);
    expect(lines.top.next).to.equal(null);
    expect(lines.learn(0, page, 0, 4_000).length).to.equal(4_000);
    expect(lines.turn()).to.equal(false);
  });
});

describe('pages read after other pages', () => {
  const some = wanting(
    ['up', 'up_of_all', 'up_now', 'up_now_too', 'requests_total'],
    (name, { code }) => !name.startsWith('up_now') && (name !== 'requests_total' || code !== '200'),
  );
  const apart = (page: string, filter = some): unknown => new PageReader(filter).read(Buffer.from(page));

  const pairs: readonly (readonly [before: string, then: string])[] = [
    ['up 1\n', 'up {a="b"} 1\n'],
    ['up 1\n', 'up  2\n'],
    ['up 1\n', 'up 2 1700000000000\n'],
    ['up 1\n', 'up 2\r\n'],
    ['up 1\n', 'up 2'],
    ['up 1\n', 'up '],
    ['up 1\n', 'up'],
    ['up 1\n', 'up \n'],
    ['up 1\n', 'up 1e\n'],
    ['up 1\n', 'up 1e5x\n'],
    ['up 1\n', 'up -1\n'],
    ['up 1\n', 'up 0.1234567890123456789\n'],
    ['up 1\n', `up ${'0'.repeat(70_000)}\n`],
    ['up 1\n', `up 1${' '.repeat(70_000)}\n`],
    ['up{a="b"} 1\n', 'up{a="b"}2\n'],
    ['up{a="b"} 1\n', 'up{a="b"} {2\n'],
    ['up_now 1\n', 'up_now {a="b} 1\n'],
    ['up_now 1\n', `up_now 1${' '.repeat(70_000)}\n`],
    ['upper 1\n', 'upper_most 1\n'],
    ['uppe 1\nup 1\n', 'uppe\nup 2\n'],
    ['requests_tota 1\n', 'requests_total 1\n'],
    ['requests_total{code="200"} 1\n', 'requests_total{code="500"} 1\n'],
    ['# HELP up is\nup 1\n', '# HELP up is not\nup 2\n'],
    ['# HELP up is\nup 1\n', '# HELP up is {\nup 2\n'],
    ['up 1\nup{a="1"} 2\n', 'up 1\nup{a="1"} 2\nup 3\n'],
    ['up 1\nup{a="1"} 2\n', '\n\n  up 1\n\nup{a="1"} 2\nup{ a="1" } 2\n'],
    ['other 1\nup 1\n', 'up 1\nother 1\nup{a="2"} x\n'],
    ['\ufeffup 1\n', 'up 2\n'],
  ];
  /** Of lines that are too short nothing is kept. */
  const longer = (text: string): string =>
    text
      .replace(/\bup\b/g, 'up_of_all')
      .replace(/up_now/g, 'up_now_too')
      .replace(/uppe/g, 'uppermost');

  for (const [before, then] of pairs.flatMap(([one, other]) => [
    [one, other] as const,
    [longer(one), longer(other)] as const,
  ]))
    it(`are the same: ${JSON.stringify(then.slice(0, 40))} after ${JSON.stringify(before)}`, () => {
      for (const filter of [some, wantingAll]) {
        const reader = new PageReader(filter);
        for (let times = 0; times < 3; times++) {
          expect(reader.read(Buffer.from(before))).to.deep.equal(apart(before, filter));
          expect(reader.read(Buffer.from(then))).to.deep.equal(apart(then, filter));
        }
      }
    });

  const line = fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(
          fc.constantFrom('up', 'up_of_all', 'up_now_too', 'requests_total', 'other', 'u', 'uppermost'),
          fc.constantFrom(
            '',
            '{}',
            '{code="200"}',
            '{code="500"}',
            '{code="500",a="}"}',
            '{a="}",code="500"}',
            ' {x="1"}',
          ),
          fc.constantFrom(' ', ' ', ' ', '  ', '\t', ''),
          fc.oneof(fc.nat(2_000).map(String), fc.constantFrom('0.25', '1e3', '-1', 'NaN', '1 5', 'x', '', '7 ', '{1')),
        )
        .map((parts) => parts.join('')),
    },
    { weight: 2, arbitrary: fc.constantFrom('', '# TYPE up gauge', '# TYPE up gauge of', '#', ' up 5', 'up{', '"') },
  );

  it('are the same, whatever the others were', () => {
    const page = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'));
    // What comes next is mostly what came before, with a line more, or less, or another value.
    const pages = fc
      .tuple(page, fc.array(fc.tuple(fc.nat(11), fc.nat(2), line), { maxLength: 6 }))
      .map(([text, edits]) =>
        edits.reduce<string[]>(
          (all, [at, cut, put]) => {
            const lines = (all.at(-1) ?? '').split('\n');
            lines.splice(at, cut, put);
            return [...all, lines.join('\n')];
          },
          [text],
        ),
      );
    fc.assert(
      fc.property(pages, fc.boolean(), (texts, all) => {
        const reader = new PageReader(all ? wantingAll : some);
        for (const text of [...texts, ...texts])
          expect(reader.read(Buffer.from(text))).to.deep.equal(apart(text, all ? wantingAll : some));
      }),
      { numRuns: 1_000 },
    );
  });

  it('are the same where the memory is full, and when it starts anew', () => {
    const reader = new PageReader(some);
    for (let page = 0; page < 2_500; page++) {
      const lines = Array.from(
        { length: 40 },
        (_, nth) => `other_${'x'.repeat(60)}{id="${page % 1_250}-${nth}"} ${nth}`,
      );
      const text = ['up 1', ...lines, `requests_total{code="500",id="${page}"} ${page}`].join('\n');
      const read = reader.read(Buffer.from(text));
      expect(read.ok && read.samples.map(({ name, value }) => [name, value])).to.deep.equal([
        ['up', 1],
        ['requests_total', page],
      ]);
    }
  });
});
