import { expect } from 'chai';
import { checkQuery as checkLiveQuery } from '../../engine/derive/index.js';
import fc from 'fast-check';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadConfiguration, loadPresets, loadService } from '../../config/load.js';
import type { Loaded } from '../../config/load.js';
import { formatProblem } from '../../config/problems.js';
import { packageRoot } from '../../lib/paths.js';

describe('loading a configuration folder', () => {
  let folder = '';
  const load = (files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): Loaded => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return loadConfiguration(folder, { env });
  };
  const problems = (loaded: Loaded) =>
    (loaded.ok ? [] : loaded.problems).map((problem) => formatProblem(problem).replaceAll(`${folder}/`, ''));
  const configuration = (loaded: Loaded) => {
    if (!loaded.ok) throw new Error(problems(loaded).join('\n'));
    return loaded.configuration;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-config-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('an empty ballast.yaml is all defaults, and no service is only a warning', () => {
    const loaded = load({ 'ballast.yaml': '' });
    const { ballast, services } = configuration(loaded);
    expect(services.size).to.equal(0);
    expect(ballast.engine.listen).to.deep.equal({ host: '127.0.0.1', port: 7070, tokens: [] });
    expect(ballast.gateway).to.equal(null);
    expect(loaded.ok && loaded.warnings.map(({ message }) => message)).to.deep.equal(['holds no service file yet']);
  });

  it('a folder without ballast.yaml is told by name', () => {
    expect(problems(load({}))).to.deep.equal([
      'ballast.yaml: does not exist (name the folder that holds ballast.yaml)',
    ]);
  });

  it('a service that is defined twice names both files', () => {
    const loaded = load({
      'ballast.yaml': '{}',
      'services/a.yaml': 'service: users\npreset: node\n',
      'services/b.yaml': 'preset: node\nservice: users\n',
    });
    expect(problems(loaded)).to.deep.equal([
      'services/b.yaml:2:10: service: "users" is also defined in services/a.yaml (keep one of the two files)',
    ]);
  });

  it('an upstream belongs to one service', () => {
    const loaded = load({
      'ballast.yaml': '{}',
      'services/a.yaml': 'service: users\npreset: node\ntraffic: { upstream: web }\n',
      'services/b.yaml': 'service: orders\npreset: node\ntraffic: { upstream: web }\n',
    });
    expect(problems(loaded)).to.deep.equal([
      'services/b.yaml:3:22: traffic.upstream: "web" is also the upstream of services/a.yaml (one service, one upstream)',
    ]);
  });

  it('tells the problems of all files at once', () => {
    const loaded = load({
      'ballast.yaml': 'consol: {}\n',
      'services/a.yaml': 'service: users\n',
      'services/b.yaml': 'service: [\n',
    });
    expect(problems(loaded).map((text) => text.split(':')[0])).to.deep.equal([
      'ballast.yaml',
      'services/a.yaml',
      'services/b.yaml',
    ]);
  });

  for (const [name, text, said] of [
    ['preset', 'presett: node', 'presett: unknown key "presett" (did you mean "preset"?)'],
    [
      'metrics',
      'metric: {m: {query: x, good: 0, critical: 1}}',
      'metric: unknown key "metric" (did you mean "metrics"?)',
    ],
  ] as const)
    it(`a misspelled ${name} is told as that, and not as nothing to judge by`, () => {
      const { problems: found } = loadService('a.yaml', `service: a\n${text}\n`, loadPresets(), { env: {} });
      expect(found.map(formatProblem)).to.deep.equal([`a.yaml:2:1: ${said}`]);
    });

  it('reads the environment, with defaults; a plain value is read as YAML would', () => {
    const loaded = load(
      {
        'ballast.yaml': [
          'consul: { url: "${CONSUL:-http://10.0.0.1:8500}", token: "${TOKEN}" }',
          'engine:',
          '  listen:',
          '    port: ${PORT}',
        ].join('\n'),
      },
      { TOKEN: '0123', PORT: '7999' },
    );
    const { consul, engine } = configuration(loaded).ballast;
    expect([consul.url, consul.token, engine.listen.port]).to.deep.equal(['http://10.0.0.1:8500', '0123', 7999]);
  });

  it('reads secrets from files beside the configuration; the one that may be renewed stays a file', () => {
    const loaded = load({
      'ballast.yaml': 'consul: {token_file: consul.token}\nengine: {listen: {host: 0.0.0.0, tokens_file: tokens}}\n',
      'consul.token': 's3cret\n',
      tokens: 'one\ntwo\n',
    });
    const { consul, engine } = configuration(loaded).ballast;
    expect([consul.token, consul.tokenFile, engine.listen.tokens]).to.deep.equal([
      null,
      join(folder, 'consul.token'),
      ['one', 'two'],
    ]);
  });

  it('paths start at the file, and the KV prefix ends with a slash', () => {
    const { ballast } = configuration(
      load({ 'ballast.yaml': 'engine: {data: ../data}\nconsul: {prefix: b}\ngateway: {directory: nginx}\n' }),
    );
    expect([ballast.engine.data, ballast.consul.prefix, ballast.gateway?.directory]).to.deep.equal([
      join(dirname(folder), 'data'),
      'b/',
      join(folder, 'nginx'),
    ]);
  });

  it('warns of an upstream that no gateway serves', () => {
    const loaded = load({
      'ballast.yaml': '{}',
      'services/a.yaml': 'service: users\npreset: node\ntraffic: { upstream: web }\n',
    });
    expect(loaded.ok && loaded.warnings.map(({ message }) => message)).to.deep.equal([
      'names an upstream, but ballast.yaml has no gateway: weights are shown, not served',
    ]);
  });

  it('puts every query before the checker, and tells where the text is wrong', () => {
    const checkQuery = (text: string) =>
      text.includes('frobnicate')
        ? { message: 'no such function', from: text.indexOf('frob'), to: text.indexOf('(') }
        : null;
    const { problems: found } = loadService(
      'a.yaml',
      'service: a\npreset: node\nmetrics:\n  m: {query: 1 + frobnicate(x), good: 0, critical: 1}\ndrain: {in_flight: frobnicate(y)}\n',
      loadPresets(),
      { env: {}, checkQuery },
    );
    expect(found.map(formatProblem)).to.deep.equal([
      'a.yaml:4:14: metrics.m.query: no such function (at frobnicate, character 5 of the query)',
      'a.yaml:5:20: drain.in_flight: no such function (at frobnicate, character 1 of the query)',
    ]);
  });

  it('tells the line within a query of several lines', () => {
    const { problems: found } = loadService(
      'a.yaml',
      'service: a\nmetrics:\n  m:\n    query: |\n      sum(rate(x[5m]))\n        / sort_desc(y)\n    good: 0\n    critical: 1\n',
      loadPresets(),
      { env: {}, checkQuery: checkLiveQuery },
    );
    expect(found.map(formatProblem)).to.deep.equal([
      'a.yaml:4:12: metrics.m.query: the function "sort_desc" is not supported; a Prometheus server can answer it, ' +
        'with "source: prometheus" (at sort_desc, line 2, character 5 of the query)',
    ]);
  });

  it('the configuration that comes with Ballast is good, and so is its example', () => {
    const loaded = loadConfiguration(join(packageRoot, 'config'), { env: {} });
    expect(problems(loaded)).to.deep.equal([]);
    const example = join(packageRoot, 'config', 'services', 'checkout.yaml.example');
    const text = readFileSync(example, 'utf8');
    const uncommented = text.replaceAll(/^# ((?: +)?[a-z_]+:.*|(?: {2,}).*)$/gm, '$1');
    expect(uncommented)
      .to.match(/^heal:/m)
      .and.to.match(/^ {2}queue_wait:/m)
      .and.to.match(/^traffic:/m);
    for (const version of [text, uncommented]) {
      const { problems: found } = loadService(example, version, loadPresets(), { env: {} });
      expect(found.map(formatProblem)).to.deep.equal([]);
    }
  });

  it('never throws, whatever a file holds', () => {
    const presets = loadPresets();
    const yaml = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .dictionary(
          fc.constantFrom('service', 'preset', 'metrics', 'zones', 'heal', 'runtime', 'scrape'),
          fc.jsonValue(),
        )
        .map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(yaml, (text) => {
        const { value, problems: found } = loadService('x.yaml', text, presets, { env: {} });
        expect(value === null).to.equal(found.length > 0);
      }),
    );
  });
});

describe('files that are no configuration', () => {
  it('are told as such, and in few words', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ballast-hostile-'));
    try {
      mkdirSync(join(folder, 'services'));
      writeFileSync(join(folder, 'ballast.yaml'), '{}');
      const files: Readonly<Record<string, string | Buffer>> = {
        'binary.yaml': Buffer.from([0x00, 0xff, 0xfe, 0x80]),
        'deep.yaml': `a: ${'['.repeat(20_000)}`,
        'huge.yaml': 'a'.repeat(2 ** 20 + 1),
        'tab.yaml': 'service: orders\n\tpreset: node\n',
        '.hidden.yaml': 'service: hidden\n',
      };
      for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, 'services', name), content);
      mkdirSync(join(folder, 'services', 'folder.yaml'));
      const loaded = loadConfiguration(folder, { env: {} });
      const told = loaded.ok
        ? []
        : loaded.problems.map((problem) => formatProblem(problem).replace(`${folder}/services/`, ''));
      const of = (name: string) => told.filter((line) => line.startsWith(name));
      expect(of('binary')).to.deep.equal([
        'binary.yaml: is no text: it is not valid UTF-8 (make it readable, or move it away)',
      ]);
      expect(of('huge')[0]).to.match(/^huge\.yaml: is larger than 1048576 bytes/);
      expect(of('tab')[0]).to.match(/^tab\.yaml:2:1: this is no YAML: Tabs are not allowed as indentation/);
      expect(of('deep').length).to.be.within(1, 20);
      expect(of('folder')[0]).to.match(/cannot be read: EISDIR/);
      expect(of('.hidden')).to.deep.equal([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
