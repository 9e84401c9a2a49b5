/** A page for each reason code, true to the table, to the defaults, and to the words that the code itself says. */
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml, stringify } from 'yaml';
import { createProgram } from '../../cli/program.js';
import { fleet, scrape } from '../../config/defaults.js';
import { scoringWindowMs } from '../../config/index.js';
import { loadPresets, loadService } from '../../config/load.js';
import { parse } from '../../config/read.js';
import { resolveBallast } from '../../config/resolve-ballast.js';
import { ballastFile } from '../../config/schema/ballast.js';
import { formatDuration, formatShare } from '../../config/units.js';
import { packageRoot } from '../../lib/paths.js';
import { isReasonCode, reasonCodes, reasons } from '../../scheduler/client/index.js';
import { confirmedWithinMs, seconds } from '../../scheduler/facts.js';
import { factFreshMs } from '../../scheduler/guard/target.js';
import { ioWith } from '../support/io.js';
import { sourcesIn } from '../support/said.js';

const folder = join(packageRoot, 'docs', 'reasons');
const read = (name: string): string => readFileSync(join(folder, `${name}.md`), 'utf8');
const names = readdirSync(folder).map((file) => file.replace(/\.md$/, ''));
const headings = ['When', 'Settings', 'Why', 'Example', 'What to do', 'Related'];

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

const sectionOf = (page: string, heading: string): string =>
  page
    .split(/^## /m)
    .find((section) => section.startsWith(`${heading}\n`))
    ?.slice(heading.length)
    .trim() ?? '';

/** Rows of `| setting | where | default |`. */
const settingsOf = (page: string): { name: string; where: string; value: string }[] =>
  sectionOf(page, 'Settings')
    .split('\n')
    .slice(2)
    .map((line) => line.split('|').map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')))
    .map(([, name = '', where = '', value = '']) => ({ name, where, value }));

/** What no file can change, as the code has it. */
const fixed: Readonly<Record<string, string>> = {
  'lock confirmed within': seconds(confirmedWithinMs),
  'scoring window at the default interval': seconds(scoringWindowMs(scrape.intervalMs)),
  'answer of the runtime at most': seconds(factFreshMs),
  'share of the services (or of the instances)': formatShare(fleet.storm.share),
  'at least': String(fleet.storm.atLeast),
  'reds that began within': formatDuration(fleet.storm.withinMs),
};

type Tree = Readonly<Record<string, unknown>>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

/** The same tree with a value at a path; `undefined`: only with the sections on the way to it. */
const planted = (tree: Tree, [key = '', ...rest]: readonly string[], value: unknown): Tree => {
  if (rest.length === 0) return value === undefined ? tree : { ...tree, [key]: value };
  const below = tree[key];
  return { ...tree, [key]: planted(isTree(below) ? below : {}, rest, value) };
};

const presets = loadPresets();
const smallest = { service: 'orders', preset: 'node', traffic: { upstream: 'orders' } };

/** A file of that kind which says this one thing, as the services would understand it. */
const understood = (where: string, name: string, value: unknown): unknown => {
  const path = name.split('.');
  if (where === 'service file') {
    const text = stringify(planted(smallest, path, value));
    const loaded = loadService('orders.yaml', text, presets, { env: {} });
    expect(loaded.problems, name).to.deep.equal([]);
    return loaded.value;
  }
  expect(where, name).to.equal('ballast.yaml');
  const loaded = parse(ballastFile, 'ballast.yaml', stringify(planted({}, path, value)), {});
  expect(loaded.problems, name).to.deep.equal([]);
  return loaded.value && resolveBallast(loaded.value, '/etc/ballast/ballast.yaml', () => ({ wrong: 'is not there' }));
};

const sources = sourcesIn(['scheduler', 'engine', 'lib/consul'], [join('scheduler', 'client', 'reasons.ts')]);

/** What the lines of an example say behind the code, without the words that all lines of their kind share. */
const saidIn = (example: string, code: string): string[] =>
  example
    .split('\n')
    .flatMap((line) => new RegExp(`\\b${code}\\b:?(?: +- +| +)(.+)$`).exec(line)?.[1] ?? [])
    .map((said) =>
      said
        .replace(/^(?:weight \d+|out|draining) -> (?:weight \d+|out|draining): /, '')
        .replace(/^(?:restart held back|restart): /, '')
        .replace(/^\S+ is (?=\w+$)/, ''),
    );

const program = createProgram(ioWith(), () => undefined);

/** Null: there is such a command, with these options; else what there is not. */
const unknownIn = (line: string): string | null => {
  let command = program;
  for (const word of line.split(' ').slice(1)) {
    const below = command.commands.find((each) => each.name() === word);
    const isOption = /^--?[a-z]/.test(word);
    if (below) command = below;
    else if (command.commands.length > 0 && !isOption) return `${line}: no ${word}`;
    const known = [...command.options, ...program.options].some(({ short, long }) => word === short || word === long);
    if (isOption && !known) return `${line}: no ${word}`;
  }
  return null;
};

describe('docs/reasons', () => {
  it('each code has its page, and each page a code', () => {
    expect(names.filter((name) => name !== 'README').sort()).to.deep.equal([...reasonCodes].sort());
  });

  it('the index names every code under its kind, in the order of the table', () => {
    for (const kind of ['refuses', 'traffic', 'act', 'service'] as const) {
      const title = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
      const rows = sectionOf(read('README'), title).split('\n');
      const wanted = reasonCodes.filter((code) => reasons[code].kind === kind);
      expect(rows.filter((line) => line.startsWith('| ['))).to.deep.equal(
        wanted.map((code) => `| [${code}](${code}.md) | ${reasons[code].says} |`),
      );
    }
  });

  for (const code of names.filter(isReasonCode)) {
    describe(code, () => {
      const page = read(code);

      it('begins with the sentence of the table, and has the headings that all have', () => {
        expect(page.split('\n\n').slice(0, 2)).to.deep.equal([`# ${code}`, sentence(reasons[code].says)]);
        expect([...page.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).to.deep.equal(headings);
        expect(headings.filter((heading) => sectionOf(page, heading) === '')).to.deep.equal([]);
        expect(page.split('\n').length, 'lines').to.be.at.most(45);
      });

      it('names settings that exist: what it calls their default changes nothing', () => {
        for (const { name, where, value } of settingsOf(page)) {
          if (where === 'fixed') expect(value, name).to.equal(fixed[name]);
          else
            expect(understood(where, name, parseYaml(value)), `${name}: ${value}`).to.deep.equal(
              understood(where, name, undefined),
            );
        }
      });

      it('names commands and options that exist', () => {
        const shown = [...page.matchAll(/`(ballast [^`]*)`/g)].map(([, line = '']) => line.replaceAll(/\s+/g, ' '));
        expect(shown.map(unknownIn).filter((wrong) => wrong !== null)).to.deep.equal([]);
      });

      it('shows a line that the code can say', () => {
        const used = sources.hasWord(code);
        expect(page.includes('No line bears it today'), 'no line bears it').to.equal(!used);
        if (!used) return;
        const said = saidIn(sectionOf(page, 'Example'), code);
        expect(said).to.not.deep.equal([]);
        expect(said.filter((each) => !sources.says(each))).to.deep.equal([]);
      });
    });
  }
});
