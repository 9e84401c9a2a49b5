/**
 * Pages that nobody wrote: recorded ones with mistakes in them, and ones made from a model. Ten thousand in the normal run, a
 * million in the long one. Nothing crashes or hangs, and no sample is invented: each stands on the page.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sample } from '../../../engine/model.js';
import { checkPage } from '../../../engine/scrape/index.js';
import { readPage } from '../../../engine/scrape/read.js';
import { packageRoot } from '../../../lib/paths.js';
import { wanting, wantingAll } from './filters.js';
import { modelPage, openMetricsOf, textOf } from './model-pages.js';

const folder = join(packageRoot, 'test', 'fixtures', 'pages');
const lines = readdirSync(folder)
  .filter((file) => file.endsWith('.txt'))
  .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
  .filter((line) => line !== '' && line.length < 300);

const types = ['text/plain; version=0.0.4', 'application/openmetrics-text; version=1.0.0', 'application/json', null];

const scraps = [
  ...[
    '\n',
    '\n\n',
    ' ',
    '\t',
    '\r',
    '#',
    '# ',
    '# EOF\n',
    '# TYPE ',
    '{',
    '}',
    '"',
    '\\',
    '\\"',
    ',',
    '=',
    '{}',
    ' # {} 1',
  ],
  ...['NaN', '+Inf', '1e999', '-', '0x', '_', 'é', '\0', '\ufeff', '{"', '[', ':', 'le="+Inf"', '_bucket', '_total'],
];

const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.oneof({ weight: 3, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(60) }),
  put: fc.oneof(fc.constantFrom(...scraps), fc.constant(''), fc.constantFrom(...lines)),
});

/** A few recorded lines in a row, with a few mistakes. */
const mutated = fc
  .record({
    from: fc.nat(lines.length - 1),
    count: fc.integer({ min: 1, max: 8 }),
    ended: fc.boolean(),
    mutations: fc.array(mutation, { maxLength: 3 }),
  })
  .map(({ from, count, ended, mutations }) => {
    let text = `${lines.slice(from, from + count).join('\n')}\n${ended ? '# EOF\n' : ''}`;
    for (const { at, cut, put } of mutations) {
      const start = Math.floor(at * text.length);
      text = text.slice(0, start) + put + text.slice(start + cut);
    }
    return text;
  });

/** Does the page say this? Asked in the plainest way, of a line that shows name, labels and value. */
const stands = ({ name, labels, value }: Sample, page: readonly string[]): boolean =>
  page.some((line) => {
    const shows = (text: string): boolean =>
      line.includes(text) || line.includes(text.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`)));
    const values = (line.match(/[^\s{}"]+/g) ?? []).map((word) =>
      Number(word.replace(/^([+-]?)inf(?:inity)?$/i, '$1Infinity')),
    );
    const said = Number.isNaN(value) ? /nan/i.test(line) : values.includes(value);
    return said && shows(name) && Object.entries(labels).every(([label, text]) => shows(label) && shows(text));
  });

const sampleKey = ({ name, labels, value, timestampMs }: Sample): string =>
  JSON.stringify([name, Object.entries(labels).filter(([, text]) => text !== ''), String(value), timestampMs]);

const probe = (text: string, type: string | null): void => {
  const bytes = Buffer.from(text);
  const checked = checkPage(bytes, type);
  const read = readPage(bytes, type, wantingAll, 'auto');
  if (type === 'application/json' || (checked.format ?? 'json') === 'json') return;
  const page = text.split('\n');
  const samples = read.ok ? read.samples : [];
  for (const sample of samples) expect(stands(sample, page), JSON.stringify(sample)).to.equal(true);
  if (checked.ok) {
    expect(read.ok).to.equal(true);
    const known = new Set(checked.samples.map(sampleKey));
    for (const sample of samples) expect(known.has(sampleKey(sample))).to.equal(true);
  } else if (checked.format === 'openmetrics') expect(read.ok).to.equal(false);
  const name = samples[0]?.name;
  if (name === undefined) return;
  const some = readPage(bytes, type, wanting([name]), 'auto');
  expect(some.ok && some.samples).to.deep.equal(samples.filter((sample) => sample.name === name));
};

const keyless = (samples: readonly Sample[]): unknown =>
  samples.map(({ name, labels, value }) => [name, { ...labels }, value]);

const fuzz = (runs: number): void => {
  fc.assert(fc.property(mutated, fc.constantFrom(...types), probe), { numRuns: Math.ceil(runs * 0.7) });
  fc.assert(
    fc.property(modelPage, (families) => {
      const expected = families
        .flatMap(({ samples }) => samples)
        .map(({ name, labels, value }) => [name, labels, value]);
      for (const [text, type] of [
        [textOf(families), 'text/plain'],
        [openMetricsOf(families), 'application/openmetrics-text'],
      ] as const) {
        const page = checkPage(Buffer.from(text), type);
        if (!page.ok) throw new Error(`${page.problems.join('; ')}\n${text}`);
        expect(keyless(page.samples)).to.deep.equal(expected);
      }
    }),
    { numRuns: Math.ceil(runs * 0.1) },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(...types), (bytes, type) => {
      expect(checkPage(Buffer.from(bytes), type)).to.have.property('ok');
      expect(readPage(Buffer.from(bytes), type, wantingAll, 'auto')).to.have.property('ok');
    }),
    { numRuns: Math.ceil(runs * 0.2) },
  );
};

describe('pages that nobody wrote', () => {
  it('ten thousand of them crash nothing, and bring no sample that is not there', function () {
    this.timeout(60_000);
    fuzz(10_000);
  });

  it('long lines of anything take no long time', function () {
    this.timeout(20_000);
    const long = scraps.filter((scrap) => !scrap.includes('\n')).map((scrap) => scrap.repeat(60_000 / scrap.length));
    for (const many of long)
      for (const page of [
        `${many}x`,
        `a${many} 1`,
        `a{b="${many}"} 1`,
        `a{${many}} 1`,
        `a 1${many}x`,
        `# TYPE ${many}`,
      ])
        for (const type of types) probe(`${page}\n# EOF\n`, type);
  });

  it('long: a million of them', function () {
    this.timeout(1_800_000);
    fuzz(1_000_000);
  });
});
