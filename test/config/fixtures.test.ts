import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadBallast, loadPresets, loadService } from '../../config/load.js';
import { formatProblem } from '../../config/problems.js';
import { packageRoot } from '../../lib/paths.js';

const folder = join(packageRoot, 'test', 'fixtures', 'config');
const presets = loadPresets();

/** What each fixture must be told, in full, in its own last comment lines: `# line:column: path: message`. */
const pinned = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => (line.startsWith('#! ') ? [line.slice(3)] : []));

const problemsOf = (name: string, text: string) =>
  (name.startsWith('ballast-')
    ? loadBallast(join(folder, name), {})
    : loadService(join(folder, name), text, presets, { env: {} })
  ).problems;

describe('every bad configuration is told, whole and with its place', () => {
  for (const name of readdirSync(folder)) {
    it(name, () => {
      const text = readFileSync(join(folder, name), 'utf8');
      const told = problemsOf(name, text).map((problem) => formatProblem(problem).slice(join(folder, name).length + 1));
      expect(told).to.deep.equal(pinned(text));
      expect(told).not.to.deep.equal([]);
    });
  }
});
