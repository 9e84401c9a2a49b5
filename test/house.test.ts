/** Rules of the house that no compiler checks. */
import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../lib/paths.js';

const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: packageRoot, encoding: 'utf8' })
  .split('\0')
  .filter(Boolean);
const read = (file: string): string => {
  try {
    return readFileSync(join(packageRoot, file), 'utf8');
  } catch {
    return ''; // Deleted and not yet committed.
  }
};

/** `file:line: text` of each line that matches. */
const linesWith = (files: readonly string[], pattern: RegExp): readonly string[] =>
  files.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, nth) => (pattern.test(line) ? [`${file}:${nth + 1}: ${line.trim()}`] : [])),
  );

const scripts = tracked.filter((file) => /\.(?:ts|tsx|mjs|js)$/.test(file));
const others = scripts.filter((file) => file !== 'test/house.test.ts');

/** Written in pieces, so that the rules do not break themselves. */
const word = (...parts: readonly string[]): string => parts.join('');
const hosts = [
  word('registry', '.', 'npmjs'),
  word('npm', 'js', '.org'),
  word('deb', '.', 'debian', '.org'),
  word('security', '.', 'debian'),
  word('archive', '.', 'ubuntu'),
  word('download', '.', 'docker', '.com'),
  word('releases', '.', 'hashi', 'corp'),
  word('apt', '.', 'releases'),
  word('node', 'source', '.com'),
  word('nodejs', '.org', '/dist'),
  word('proxy', '.golang', '.org'),
  word('pypi', '.org'),
];

describe('rules of the house', () => {
  it("no file names a package host: where packages come from is the machine's own affair", () => {
    const pattern = new RegExp(hosts.map((host) => host.replaceAll('.', '[.]')).join('|'), 'i');
    expect(linesWith(tracked, pattern)).to.deep.equal([]);
  });

  it('package-lock.json holds no download addresses', () => {
    expect(linesWith(['package-lock.json'], new RegExp(`"${word('resol', 'ved')}":`))).to.deep.equal([]);
    expect(read('package-lock.json')).to.include('"lockfileVersion"');
  });

  it('nothing is left behind, switched off or typed away', () => {
    const left = [word('TO', 'DO'), word('FIX', 'ME'), word('XX', 'X'), word('HA', 'CK')].join('|');
    const off = [
      word('eslint-', 'disable'),
      word('@ts-', 'ignore'),
      word('@ts-', 'nocheck'),
      word('@ts-', 'expect-error'),
    ].join('|');
    const typed = [word(': an', 'y\\b'), word('as an', 'y\\b'), word('<an', 'y>')].join('|');
    expect(linesWith(others, new RegExp(`\\b(?:${left})\\b|${off}|${typed}`))).to.deep.equal([]);
  });

  it('no test is singled out or sleeps', () => {
    const tests = others.filter((file) => file.startsWith('test/') && file.endsWith('.test.ts'));
    const single = word('\\.on', 'ly\\(');
    // Waiting for a time proves nothing and costs that time: wait for a condition (test/support/eventually.ts).
    // Less than 10 ms is the pace of a load, not a wait.
    const sleeps = [word('set', 'Timeout\\('), word('await del', 'ay\\((?!\\d\\))')].join('|');
    expect(linesWith(tests, new RegExp(`${single}|${sleeps}`))).to.deep.equal([]);
  });

  it('no module is replaced in a test: fakes are handed in', () => {
    const mocks = [
      word('es', 'mock'),
      word('proxy', 'quire'),
      word('test', 'double'),
      word('si', 'non'),
      word('mock', '\\.module'),
    ].join('|');
    expect(
      linesWith([...others, 'package.json'], new RegExp(`['"](?:${mocks})['"]|${word('mock', '\\.module')}`)),
    ).to.deep.equal([]);
  });

  it('log messages are static: data stands in fields', () => {
    const product = others.filter((file) => /^(?:lib|engine|scheduler|config)\//.test(file));
    expect(linesWith(product, /\blog\.(?:debug|info|warn|error|fatal)\([^'"]*`/)).to.deep.equal([]);
  });

  it('shell scripts stop at the first error', () => {
    const shells = tracked.filter((file) => /^#!.*\b(?:ba)?sh\b/.test(read(file).split('\n', 1)[0] ?? ''));
    expect(shells).to.include('scripts/lib/install');
    expect(shells.filter((file) => !read(file).includes('set -euo pipefail'))).to.deep.equal([]);
  });
});
