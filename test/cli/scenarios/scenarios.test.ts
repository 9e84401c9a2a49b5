/** What `ballast test` finds, and how it says it. */
import { expect } from 'chai';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testFiles } from '../../../cli/commands/test.js';
import { filesOf } from '../../../cli/scenarios/files.js';
import { judgeScenario, type Outcome } from '../../../cli/scenarios/judge.js';
import { loadScenarios } from '../../../cli/scenarios/load.js';
import { fileText, reportJson } from '../../../cli/scenarios/report.js';
import { loadPresets } from '../../../config/load.js';
import { formatProblem } from '../../../config/problems.js';
import { packageRoot } from '../../../lib/paths.js';
import { VirtualClock } from '../../fakes/clock.js';
import { ioWith } from '../../support/io.js';

const presets = loadPresets();

const service = `service:
  service: checkout
  scrape: { interval: 1s }
  metrics: { load: { level: app, query: load, good: 0, critical: 100, weight: 1 } }
`;
const load = (text: string) => loadScenarios('a.yaml', text, presets, { env: {} });
const problemsOf = (text: string): readonly string[] => load(text).problems.map(formatProblem);
const testOf = (instances: string, expectation: string): string =>
  `${service}tests:\n  - name: one\n    instances: ${instances}\n    expect: [${expectation}]\n`;
const run = (text: string): readonly Outcome[] => {
  const { scenarios, problems } = load(text);
  expect(problems.map(formatProblem)).deep.equal([]);
  return scenarios.map(judgeScenario);
};
const failuresOf = (instances: string, expectation: string): readonly string[] =>
  run(testOf(instances, expectation)).flatMap(({ failures }) => failures.map(({ place }) => formatProblem(place)));

describe('a scenario', () => {
  const well = '{a: {series: {load: 20}}, b: {series: {load: 60}}}';

  it('says nothing where all holds', () => {
    const whole =
      '{instance: a, at: 5s, zone: green, score: 80, smoothed: 80, levels: {app: 80}, coverage: 1, up: up, ' +
      'blackout: false, metrics: {load: {value: 20, penalty: 0.2, points_lost: 20, status: judged}}, causes: [load], ' +
      'sentence: a is green, why: score 80, peers: median 40, weight: 100, lifecycle: serving, service: failing}';
    expect(failuresOf(well, whole.replace('service: failing', 'service: healthy'))).length(1);
  });

  for (const [expectation, line] of [
    ['{instance: a, at: 5s, zone: red}', 'zone: a at 5s: expected red, got green'],
    ['{instance: a, at: 5s, score: ">80"}', 'score: a at 5s: expected >80, got 80'],
    ['{instance: a, at: 5s, smoothed: none}', 'smoothed: a at 5s: expected none, got 80'],
    ['{instance: a, at: 5s, levels: {system: 5}}', 'levels.system: a at 5s: expected 5, got none'],
    ['{instance: a, at: 5s, coverage: 50%}', 'coverage: a at 5s: expected 50%, got 1'],
    ['{instance: a, at: 5s, up: down}', 'up: a at 5s: expected down, got up'],
    ['{instance: a, at: 5s, blackout: true}', 'blackout: a at 5s: expected true, got false'],
    ['{instance: a, at: 5s, causes: []}', 'causes: a at 5s: expected , got load'],
    ['{instance: a, at: 5s, metrics: {load: {value: 2}}}', 'metrics.load.value: a at 5s: expected 2, got 20'],
    ['{instance: a, at: 5s, metrics: {load: {penalty: 1}}}', 'metrics.load.penalty: a at 5s: expected 1, got 0.2'],
    [
      '{instance: a, at: 5s, metrics: {load: {status: held}}}',
      'metrics.load.status: a at 5s: expected held, got judged',
    ],
    [
      '{instance: a, at: 5s, metrics: {load: {absence: stale}}}',
      'metrics.load.absence: a at 5s: expected stale, got none',
    ],
    ['{instance: a, at: 5s, sentence: is red}', 'sentence: a at 5s: expected a text with "is red", got "a is green'],
    ['{instance: a, at: 5s, why: down}', 'why: a at 5s: expected a text with "down"'],
    ['{instance: a, at: 5s, peers: nobody}', 'peers: a at 5s: expected a text with "nobody"'],
    ['{instance: a, at: 5s, weight: 99}', 'weight: a at 5s: expected 99, got 100'],
    ['{instance: a, at: 5s, lifecycle: out}', 'lifecycle: a at 5s: expected out, got serving'],
    ['{instance: a, at: 5s, reason: RED}', 'reason: a at 5s: expected RED, got'],
    ['{instance: a, at: 5s, service: failing}', 'service: a at 5s: expected failing, got'],
    ['{instance: a, zones: unknown green red}', 'zones: a at 2s: expected red, got green'],
    ['{instance: a, scores: 80 80 90 _ 80}', 'scores: a at 2s: expected 90, got 80'],
    ['{instance: a, weights: 100 _ 90}', 'weights: a at 2s: expected 90, got 100'],
  ] as const)
    it(`fails by ${expectation}`, () => {
      const [first, ...others] = failuresOf(well, expectation);
      expect(first).contain(line);
      expect(others).deep.equal([]);
    });

  it('says where in the file, once for each instance, and how often later on', () => {
    const [outcome] = run(testOf(well, '{at: 2s..6s, zone: unknown}'));
    expect(outcome?.failures.map(({ place, more }) => [place.line, place.column, more])).deep.equal([
      [8, 33, 4],
      [8, 33, 4],
    ]);
  });

  it('shows the table that explains what was there instead', () => {
    const text = fileText(
      { file: 'a.yaml', problems: [], outcomes: run(testOf(well, '{instance: b, at: 3s, zone: green}')) },
      (_, part) => part,
    );
    expect(text).match(/^FAIL {2}one\n {2}a\.yaml:8:\d+: zone: b at 3s: expected green, got red\n/);
    expect(text).match(/\n {4}load +60 +0 +100 +0\.60 +\d\.\d\d +1 +-60\.0\n/);
    expect(text).contain('\n    Scheduler: ');
  });

  it('of an instance that was never evaluated says so', () => {
    const outcomes = run(testOf('{a: {joins: 9s}}', '{at: 3s, zone: green}'));
    expect(fileText({ file: 'a.yaml', problems: [], outcomes }, (_, part) => part)).contain('a was not evaluated.');
  });

  it('plays the same twice alike', () => {
    const text = testOf(well, '{at: 9s, zone: red}');
    expect(JSON.stringify(reportJson([{ file: 'a', problems: [], outcomes: run(text) }]))).equal(
      JSON.stringify(reportJson([{ file: 'a', problems: [], outcomes: run(text) }])),
    );
  });
});

describe('a file of scenarios that cannot be meant', () => {
  const well = '{a: {series: {load: 20}}}';
  for (const [text, problem] of [
    ['', 'a.yaml:1:1: expected a section of keys, is empty'],
    [
      testOf(well, '{at: 5, zone: red}'),
      'a.yaml:8:19: tests.0.expect.0.at: expected a time like 10s or a span like 3s..10s, or a list',
    ],
    [testOf(well, '{at: 9s..5s, zone: red}'), 'expected a time like 10s or a span like 3s..10s'],
    [testOf(well, '{at: 5s}'), 'tests.0.expect.0: expects nothing'],
    [testOf(well, '{zone: red}'), 'tests.0.expect.0.zone: says not when'],
    [testOf(well, '{at: 5s, zones: red}'), 'tests.0.expect.0.at: zones, scores and weights begin at the start'],
    [testOf(well, '{at: 5s, zone: rde}'), 'tests.0.expect.0.zone'],
    [testOf(well, '{at: 5s, zoen: red}'), 'unknown key "zoen" (did you mean "zone"?)'],
    [testOf(well, '{at: 5s, instance: aa, zone: red}'), 'no instance "aa" in this test (did you mean "a"?)'],
    [testOf(well, '{at: 5s, causes: [laod]}'), 'the service has no metric laod (did you mean "load"?)'],
    [testOf(well, '{at: 9d, zone: red}'), 'more than the limit of 100000'],
    [testOf('{}', '{at: 5s, zone: red}'), 'needs at least one instance'],
    [
      testOf('{a: {series: {laod: 1}}}', '{at: 5s, zone: red}'),
      '7:30: tests.0.instances.a.series.laod: no query of this service reads this series (did you mean "load"?)',
    ],
    [testOf('{a: {system: {load: 1}}}', '{at: 5s, zone: red}'), 'this service reads no system page'],
    [testOf('{a: {series: {"lo-ad": 1}}}', '{at: 5s, zone: red}'), '"lo-ad" is no series'],
    [testOf('{a: {scrapes: page gone}}', '{at: 5s, zone: red}'), '"gone" is none of page, lost, refused'],
    [testOf(well, ''), 'needs at least one expectation'],
    [
      testOf(well, '{at: 5s, zone: red}').replace('query: load', 'query: "load["'),
      'a.yaml:4:41: service.metrics.load.query',
    ],
    [testOf(well, '{at: 5s, zone: red}').replace('critical: 100', 'critical: 0'), 'service.metrics.load'],
    [testOf(well, '{at: 5s, zone: red}').replace(service, ''), 'no service is named'],
    [testOf(well, '{at: 5s, zone: red}') + 'service_file: b.yaml\n', 'service is written too'],
    [
      testOf(well, '{at: 5s, zone: red}').replace(service, 'service_file: nowhere.yaml\n'),
      'nowhere.yaml does not exist',
    ],
    [
      `${testOf(well, '{at: 5s, zone: red}')}  - {name: one, instances: ${well}, expect: [{at: 1s, zone: red}]}\n`,
      'another test has this name',
    ],
  ] as const)
    it(problem, () => expect(problemsOf(text).join('\n')).contain(problem));
});

describe('ballast test', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-scenarios-'));
    mkdirSync(join(folder, 'more'));
    writeFileSync(join(folder, 'service.yml'), service.replace('service:\n', '').replaceAll(/^ {2}/gm, ''));
    const test = (zone: string): string =>
      testOf('{a: {series: {load: 20}}}', `{at: 5s, zone: ${zone}}`).replace(service, 'service_file: ../service.yml\n');
    writeFileSync(join(folder, 'more', 'good.yaml'), test('green'));
    writeFileSync(join(folder, 'more', 'bad.yaml'), test('red'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const ask = (names: readonly string[], format: 'text' | 'json' = 'text'): { code: number; out: string } => {
    let out = '';
    const io = ioWith({ out: (text) => void (out += text), clock: new VirtualClock() });
    const files = names.map((name) => join(folder, name));
    const code = testFiles(io, files, format);
    return { code, out };
  };

  it('takes a service file by its whole path', () => {
    const file = join(folder, 'absolute.yaml');
    const whole = `service_file: ${join(folder, 'service.yml')}\n`;
    writeFileSync(file, testOf('{a: {series: {load: 20}}}', '{at: 5s, zone: green}').replace(service, whole));
    expect(ask(['absolute.yaml']).code).equal(0);
    rmSync(file);
  });

  it('exits with 0 when all holds', () => {
    expect(ask(['more/good.yaml'])).deep.equal({
      code: 0,
      out: `ok    ${join(folder, 'more/good.yaml')}: 1 test\n1 passed, 0 failed\n`,
    });
  });
  it('exits with 1 when something fails, and with -o json says the same as data', () => {
    const { code, out } = ask(['more/good.yaml', 'more/bad.yaml'], 'json');
    expect(code).equal(1);
    const told = JSON.parse(out) as { passed: number; failed: number; files: { tests: { failures: object[] }[] }[] };
    expect([told.passed, told.failed]).deep.equal([1, 1]);
    expect(told.files[1]?.tests[0]?.failures[0]).include({
      key: 'zone',
      instance: 'a',
      atMs: 5_000,
      expected: 'red',
      got: 'green',
    });
  });
  it('exits with 1 when a file cannot be read', () => {
    expect(ask(['nowhere.yaml'])).deep.include({ code: 1 });
    expect(ask(['nowhere.yaml']).out)
      .contain('does not exist')
      .and.contain('0 passed, 1 failed');
  });
  it('is a mistake of the command line when nothing is meant', () => {
    expect(() => ask(['none/*.yaml'])).throw('no file is meant by that');
  });
  it('takes folders and patterns', () => {
    const named = (...names: string[]) =>
      filesOf(names.map((name) => join(folder, name))).map((file) => file.slice(folder.length + 1));
    expect(named('more')).deep.equal(['more/bad.yaml', 'more/good.yaml']);
    expect(named('**/*.yaml')).deep.equal(['more/bad.yaml', 'more/good.yaml']);
    expect(named('more/g*.yaml', 'more/good.yaml')).deep.equal(['more/good.yaml']);
    expect(named('*.yaml')).deep.equal([]);
    expect(named('mor?/bad.y*ml', 'x.yaml')).deep.equal(['more/bad.yaml', 'x.yaml']);
  });
});

it('the example of docs/testing-policies.md holds', () => {
  const page = readFileSync(join(packageRoot, 'docs', 'testing-policies.md'), 'utf8');
  const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const text = example.replace(/^service_file:.*$/m, 'service: {service: checkout, preset: node}');
  expect(run(text).map(({ scenario, failures }) => [scenario.name, failures.length])).deep.equal([
    ['half of all requests failing takes an instance out', 0],
  ]);
});
