/** Pages looked at strictly, as `ballast check metrics` does. */
import { expect } from 'chai';
import { checkPage } from '../../../engine/scrape/index.js';

const check = (text: string, contentType: string | null = 'text/plain; version=0.0.4'): unknown => {
  const page = checkPage(Buffer.from(text), contentType);
  return page.ok ? page.samples.map(({ name, labels, value }) => [name, labels, value]) : page.problems;
};

describe('a page checked', () => {
  it('tells every sample as it stands: series that stand twice, and empty labels', () => {
    expect(check('a{x=""} 1\na 2\na 3\n')).to.deep.equal([
      ['a', { x: '' }, 1],
      ['a', {}, 2],
      ['a', {}, 3],
    ]);
  });

  it('tells every problem', () => {
    const problems = check('a x\n'.repeat(50));
    expect(problems).to.have.length(50).and.to.include('line 50 has "x" for a value');
  });

  for (const text of [
    '# TYPE a counter\n# HELP a \\q "x"\na 1\n',
    '#\tTYPE\ta\tgauge\n',
    '# TYPE a gauge \n',
    '  # TYPE a gauge\n',
    '# HELP a\n',
    '# HELPER of nobody\n#TYPE a b\n# EOF\n#\n# \n# UNIT a b\n',
    '# TYPE "a b" gauge\n',
    '\ufeffa 1\n',
    'a 1\r\n',
    '',
  ])
    it(`finds ${JSON.stringify(text)} fine`, () => {
      expect(check(text)).to.be.an('array');
      for (const each of check(text) as unknown[]) expect(each).to.be.an('array');
    });

  const bad: readonly (readonly [text: string, why: RegExp])[] = [
    ['# TYPE a unknown\n', /line 1 has "unknown" for a type; it must be one of counter/],
    ['# TYPE a Gauge\n', /"Gauge" for a type/],
    ['# TYPE a\n', /"" for a type/],
    ['# TYPE 1a gauge\n', /no metric by a valid name/],
    ['# TYPE\n', /no metric by a valid name/],
    ['# HELP \n', /no metric by a valid name/],
    // Prometheus takes a line feed within quotes; the format wants it escaped.
    ['a{x="1\n2"} 1\n', /line 1 has an unclosed brace/],
    ['a 1\nb{x=1} 2\n', /line 2 has a broken label/],
  ];
  for (const [text, why] of bad)
    it(`finds ${JSON.stringify(text)} wrong`, () => {
      expect(String(check(text))).to.match(why);
    });

  it('wants HELP to be UTF-8', () => {
    const page = Buffer.concat([Buffer.from('# HELP a '), Buffer.from([0xff]), Buffer.from('\n')]);
    expect(checkPage(page, 'text/plain')).to.deep.include({ ok: false, problems: ['line 1 is not valid UTF-8'] });
  });

  const formats: readonly (readonly [contentType: string | null, page: string, format: string | null])[] = [
    ['text/plain; version=0.0.4', 'a 1\n', 'prometheus'],
    ['text/plain', 'a 1\n# EOF\n', 'prometheus'],
    ['TEXT/PLAIN;charset=utf-8', '{"a.b"} 1\n', 'prometheus'],
    ['application/openmetrics-text; version=1.0.0; charset=utf-8', 'a 1\n# EOF\n', 'openmetrics'],
    ['application/openmetrics-text;version=0.0.1', 'a 1\n# EOF\n', 'openmetrics'],
    ['application/json', '{"a":1}', 'json'],
    ['application/vnd.spring-boot.actuator.v3+json', '{"a":1}', 'json'],
    [null, 'a 1\n', 'prometheus'],
    [null, 'a 1\n# EOF\n', 'openmetrics'],
    [null, '# EOF', 'openmetrics'],
    [null, ' {"a":1}', 'json'],
    [null, '{}', 'json'],
    [null, '[1]', 'json'],
    [null, '{"a.b", x="y"} 1\n', 'prometheus'],
    [null, '{"a.b"} 1\n', 'prometheus'],
    ['application/octet-stream', '{"a":1}', 'json'],
    ['text/html', 'a 1\n', null],
    ['application/vnd.google.protobuf; proto=x', 'a 1\n', null],
  ];
  for (const [contentType, page, format] of formats)
    it(`reads ${JSON.stringify(page)} of type ${contentType} as ${format}`, () => {
      expect(checkPage(Buffer.from(page), contentType)).to.include({ format, ok: format !== null });
    });
});
