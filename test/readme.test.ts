/** What README and docs show must work: their examples load, their commands and links exist. */
import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { createProgram } from '../cli/program.js';
import { loadPresets, loadService } from '../config/load.js';
import { checkQuery } from '../engine/derive/index.js';
import { packageRoot } from '../lib/paths.js';
import { ioWith } from './support/io.js';

const pages = ['README.md', 'templates/README.md', ...pagesIn('docs')];

function pagesIn(folder: string): string[] {
  return readdirSync(join(packageRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return pagesIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

const textOf = (page: string): string => readFileSync(join(packageRoot, page), 'utf8');
const blocks = (page: string, language: string): string[] =>
  [...textOf(page).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    (match) => match[1] ?? '',
  );

const commands = (): string[] => {
  return createProgram(ioWith(), () => undefined).commands.map((command) => command.name());
};

describe('what the pages show', () => {
  it('README: the service file loads, and so does it with the consent to heal', () => {
    const [first = '', second = ''] = blocks('README.md', 'yaml');
    expect(first).to.include('service:');
    for (const text of [first, first + second]) {
      const { value, problems } = loadService('orders.yaml', text, loadPresets(), { env: {}, checkQuery });
      expect(problems).to.deep.equal([]);
      expect(value?.service).to.equal('orders');
    }
  });

  it('docs: the service file of a Prometheus server loads', () => {
    const [first = ''] = blocks('docs/prometheus-source.md', 'yaml');
    const { value, problems } = loadService('checkout.yaml', first, loadPresets(), { env: {}, checkQuery });
    expect(problems).to.deep.equal([]);
    expect(value?.metrics.map(({ source }) => source.kind)).to.deep.equal(['prometheus', 'prometheus']);
  });

  for (const page of pages) {
    it(`${page}: scripts and links lead somewhere`, () => {
      const text = textOf(page);
      const scripts = [...text.matchAll(/(?<![\w./-])(scripts\/[\w/-]+\w)/g)].map((match) => match[1] ?? '');
      const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) =>
        relative(packageRoot, resolve(packageRoot, dirname(page), match[1] ?? '')),
      );
      const missing = [...scripts, ...links].filter((path) => !existsSync(join(packageRoot, path)));
      expect(missing).to.deep.equal([]);
    });

    it(`${page}: commands of ballast exist`, () => {
      const known = commands();
      const shown = [...textOf(page).matchAll(/(?:npx |`)ballast ([a-z]+)/g)].map((match) => match[1] ?? '');
      expect(shown.filter((name) => !known.includes(name))).to.deep.equal([]);
    });
  }
});
