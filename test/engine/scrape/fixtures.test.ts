/** Pages recorded from real programs, trimmed; hosts' names replaced. */
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPage } from '../../../engine/scrape/index.js';
import type { Sample } from '../../../engine/scrape/index.js';
import { readPage } from '../../../engine/scrape/read.js';
import { packageRoot } from '../../../lib/paths.js';
import { wanting, wantingAll } from './filters.js';

const folder = join(packageRoot, 'test', 'fixtures', 'pages');
const typeOf = (file: string): string => {
  if (file.endsWith('.json')) return 'application/json';
  return file.endsWith('.om.txt') ? 'application/openmetrics-text; version=1.0.0' : 'text/plain; version=0.0.4';
};

/** Numbers of a page, counted in the plainest way. */
const countOf = (file: string, text: string): number =>
  file.endsWith('.json')
    ? (text.match(/": -?[\d.e+-]+,?$/gm) ?? []).length
    : text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;

/** Strictly read, a page shows its empty labels. */
const withoutEmpty = (sample: Sample): Sample => ({
  ...sample,
  labels: Object.fromEntries(Object.entries(sample.labels).filter(([, value]) => value !== '')),
});

const files = readdirSync(folder).sort();

describe('recorded pages', () => {
  it('are there, of each format', () => {
    expect(new Set(files.map(typeOf)).size).to.equal(3);
  });

  for (const file of files) {
    const page = readFileSync(join(folder, file));

    it(`${file}: every sample is read, strictly, and by the engine alike`, () => {
      const checked = checkPage(page, typeOf(file));
      if (!checked.ok) throw new Error(checked.problems.join('; '));
      expect(checked.samples).to.have.length(countOf(file, page.toString()));
      const read = readPage(page, typeOf(file), wantingAll, 'auto');
      expect(read).to.deep.include({ ok: true, samples: checked.samples.map(withoutEmpty), warnings: [] });
    });

    it(`${file}: its type need not be told`, () => {
      const told = checkPage(page, typeOf(file));
      expect(checkPage(page, null)).to.deep.equal(told);
    });

    it(`${file}: a name alone brings just its samples`, () => {
      const all = readPage(page, typeOf(file), wantingAll, 'auto');
      if (!all.ok) throw new Error(all.why);
      for (const name of new Set(all.samples.map((sample) => sample.name)))
        expect(readPage(page, typeOf(file), wanting([name]), 'auto')).to.deep.include({
          samples: all.samples.filter((sample) => sample.name === name),
          warnings: [],
        });
    });
  }

  for (const [file, name, labels, value] of [
    ['node-exporter-1.5.txt', 'node_scrape_collector_duration_seconds', { collector: 'uname' }, 8.893e-6],
    ['pushgateway-1.5.txt', 'job_last', { instance: 'db-1', job: 'backup', q: 'a"b' }, 3],
    ['python-client-0.16.om.txt', 'http_requests_total', { code: '500', path: '/a"b\\c' }, 3],
    ['python-client-0.16.om.txt', 'temperature_celsius', { place: 'sun' }, Infinity],
    ['python-client-0.16.om.txt', 'temperature_celsius', { place: 'nowhere' }, NaN],
    ['prom-client-15.om.txt', 'http_requests_total', { code: '200' }, 3],
  ] as const)
    it(`${file}: ${name}`, () => {
      const read = readPage(readFileSync(join(folder, file)), typeOf(file), wanting([name]), 'auto');
      expect(read.ok && read.samples).to.deep.include({ name, labels, value, timestampMs: null });
    });
});
