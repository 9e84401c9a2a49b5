import { expect } from 'chai';
import fc from 'fast-check';
import { parseJson } from '../../../engine/scrape/json.js';
import { wanting, wantingAll } from './filters.js';

const read = (text: string, filter = wantingAll): unknown => {
  const page = parseJson(Buffer.from(text), filter);
  if (!page.ok) return page.why;
  for (const sample of page.samples) expect(sample).to.deep.include({ labels: {}, timestampMs: null });
  return Object.fromEntries(page.samples.map(({ name, value }) => [name, value]));
};

const problemsOf = (text: string): readonly string[] => {
  const page = parseJson(Buffer.from(text), wantingAll);
  return page.ok ? page.problems : [];
};

describe('JSON pages', () => {
  const pages: readonly (readonly [page: string, samples: Readonly<Record<string, number>>])[] = [
    ['{"up":1}', { up: 1 }],
    ['{"http":{"requests":{"total":5,"failed":0.5}}}', { http_requests_total: 5, http_requests_failed: 0.5 }],
    ['{"pools":[{"active":1},{"active":2}],"x":[3]}', { pools_0_active: 1, pools_1_active: 2, x_0: 3 }],
    ['[1,{"a":2}]', { _0: 1, _1_a: 2 }],
    ['{"status":"UP","ok":true,"none":null,"text":"5","n":-1e-3}', { n: -0.001 }],
    ['{"http.server/requests":1,"mem-used %":2,"größe":3}', { http_server_requests: 1, mem_used__: 2, gr__e: 3 }],
    ['{"2xx":1,"a":{"5xx":2}}', { _2xx: 1, a_5xx: 2 }],
    ['{"":1,"a":{"":2}}', { a_: 2 }],
    ['{"a":{},"b":[]}', {}],
    ['{"__proto__":{"x":1},"constructor":2,"toString":3}', { __proto___x: 1, constructor: 2, toString: 3 }],
    ['\ufeff{"a":1}', { a: 1 }],
  ];
  for (const [page, samples] of pages)
    it(`reads ${page}`, () => {
      expect(read(page)).to.deep.equal(samples);
    });

  for (const [page, why] of [
    ['', /not JSON/],
    ['{"a":1', /not JSON/],
    ['{"a":NaN}', /not JSON/],
    ['5', /neither an object nor a list/],
    ['null', /neither/],
    ['"a"', /neither/],
  ] as const)
    it(`refuses ${page || 'nothing'}`, () => {
      expect(read(page)).to.match(why);
    });

  it('refuses invalid UTF-8', () => {
    expect(parseJson(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), wantingAll)).to.have.property(
      'ok',
      false,
    );
  });

  it('keeps the first of two numbers with one name, and says so', () => {
    expect(read('{"a_b":1,"a":{"b":2}}')).to.deep.equal({ a_b: 1 });
    expect(problemsOf('{"a_b":1,"a":{"b":2}}')).to.deep.equal(['a_b is the name of two numbers; the first counts']);
  });

  it('reports what is too large, too deep, too long and without a name', () => {
    expect(problemsOf('{"a":1e999}')[0]).to.match(/a is larger than a number can be/);
    expect(problemsOf(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`)[0]).to.match(/nested deeper than 32/);
    expect(problemsOf(JSON.stringify({ ['x'.repeat(1025)]: 1 }))[0]).to.match(/longer than 1024/);
    expect(problemsOf('{"":1}')[0]).to.match(/without a key/);
    expect(problemsOf(JSON.stringify(Array(100_001).fill(1)))[0]).to.match(/more than 100000 numbers/);
  });

  it('bears any depth', () => {
    expect(parseJson(Buffer.from('['.repeat(1_000_000)), wantingAll)).to.have.property('ok', false);
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(parseJson(Buffer.from(deep), wantingAll))
      .to.have.property('problems')
      .with.length(1);
  });

  it('reads only what is wanted, and says nothing of the rest', () => {
    expect(read('{"a":1,"b":2,"c":1e999}', wanting(['b']))).to.deep.equal({ b: 2 });
    const page = parseJson(Buffer.from('{"a":1e999,"b":2}'), wanting(['b']));
    expect(page).to.deep.include({ ok: true, problems: [] });
  });

  it('finds every number of any tree, and no other', () => {
    const key = fc.stringMatching(/^[a-z]{1,4}$/);
    const { tree } = fc.letrec((tie) => ({
      tree: fc.dictionary(key, fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null), tie('tree')), {
        maxKeys: 4,
        noNullPrototype: true,
      }),
    }));
    const numbers = (value: unknown): number[] =>
      typeof value === 'number'
        ? [value]
        : typeof value === 'object' && value !== null
          ? Object.values(value).flatMap(numbers)
          : [];
    fc.assert(
      fc.property(tree, (value) => {
        expect(Object.values(read(JSON.stringify(value)) as object)).to.deep.equal(numbers(value));
      }),
      { numRuns: 300 },
    );
  });
});
