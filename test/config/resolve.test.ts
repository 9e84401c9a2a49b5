import { expect } from 'chai';
import * as defaults from '../../config/defaults.js';
import { policyFor } from '../support/policy.js';

const metric = (text: string, name: string) => {
  const found = policyFor(text).metrics.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no metric ${name}`);
  return found;
};

describe('a service policy', () => {
  it('needs three lines; the rest are the defaults', () => {
    const policy = policyFor('service: checkout\npreset: node\ntraffic: {upstream: checkout}');
    expect(policy).to.deep.include({
      service: 'checkout',
      scrape: defaults.scrape,
      system: null,
      scoring: { ...defaults.scoring, zones: { ...defaults.zones, maxScore: 80 } },
      traffic: { ...defaults.traffic, upstream: 'checkout' },
      drain: { inFlight: 'sum(http_requests_in_flight)', deadlineMs: 30_000 },
      heal: defaults.heal,
      guardrails: defaults.guardrails,
      runtime: { kind: 'none' },
      protected: [],
    });
  });

  it('heals nothing and shifts nothing unless it is asked to', () => {
    const policy = policyFor('preset: node');
    expect([policy.heal.mode, policy.traffic, policy.runtime.kind]).to.deep.equal(['observe', null, 'none']);
  });

  it('a ladder is climbed as it is written, each step with the defaults of its kind', () => {
    const { heal, runtime, guardrails } = policyFor(`preset: node
heal: {notify: summary, ladder: [{do: gentle, post: /refresh, port: 8081}, {do: restart, verify: 3m}, {do: replace}]}
guardrails: {headroom: cpu}
runtime: {exec: {restart: [/bin/again], replace: [/bin/other, "{{instance.id}}"], pid_file: /run/x}}`);
    expect(heal.ladder).to.deep.equal([
      { do: 'gentle', post: '/refresh', port: 8081, timeoutMs: 10_000, verifyMs: 120_000 },
      { do: 'restart', verifyMs: 180_000 },
      { do: 'replace', startNewFirst: false, verifyMs: 300_000 },
    ]);
    expect([heal.notify, guardrails.headroom]).to.deep.equal(['summary', { metric: 'cpu' }]);
    expect(runtime).to.deep.include({ kind: 'exec', replace: ['/bin/other', '{{instance.id}}'] });
  });

  it('file over later preset over earlier preset over defaults', () => {
    const policy = policyFor('preset: [node, node-exporter]\nsystem: {interval: 15s}');
    expect(policy.system).to.deep.equal({
      url: 'http://{{node.address}}:9100/metrics',
      intervalMs: 15_000,
      timeoutMs: 2_000,
      format: 'auto',
      gzip: false,
      bodyLimitBytes: defaults.scrape.bodyLimitBytes,
    });
    expect(policy.metrics.filter(({ name }) => name === 'process_up')).to.have.length(1);
  });

  it('an override keeps what it does not name', () => {
    const was = metric('preset: node', 'response_time');
    expect(metric('preset: node\nmetrics: {response_time: {good: 100ms, cap: null}}', 'response_time')).to.deep.equal({
      ...was,
      good: 0.1,
      cap: null,
    });
  });

  it('a source of its own replaces the whole source of the preset', () => {
    const text = 'preset: node\nmetrics: {error_ratio: {query: my_errors, good: 1%}}';
    expect(metric(text, 'error_ratio')).to.deep.include({
      source: { kind: 'query', promql: 'my_errors' },
      unit: 'ratio',
    });
  });

  it('thresholds are in the unit of their suffix', () => {
    const read = (good: string, critical: string, unit = '') => {
      const {
        good: g,
        critical: c,
        unit: u,
      } = metric(`metrics: {m: {query: m, good: ${good}, critical: ${critical}${unit}}}`, 'm');
      return [g, c, u];
    };
    expect(read('250ms', '1.5s')).to.deep.equal([0.25, 1.5, 'seconds']);
    expect(read('99%', '90%')).to.deep.equal([0.99, 0.9, 'ratio']);
    expect(read('0', '1GiB')).to.deep.equal([0, 1_073_741_824, 'bytes']);
    expect(read('1', '5')).to.deep.equal([1, 5, 'none']);
    expect(read('0.2', '3s', ', unit: seconds')).to.deep.equal([0.2, 3, 'seconds']);
  });

  it('without a value nothing counts, unless the metric says otherwise', () => {
    const noData = (text: string) => metric(`preset: node\nmetrics: {cpu: ${text}}`, 'cpu').noData;
    expect(noData('{}')).to.deep.equal({ kind: 'skip' });
    expect(noData('{no_data: worst}')).to.deep.equal({ kind: 'worst' });
    expect(noData('{no_data: hold}')).to.deep.equal({ kind: 'hold', forMs: 60_000 });
    expect(noData('{no_data: hold, hold_for: 5m}')).to.deep.equal({ kind: 'hold', forMs: 300_000 });
  });

  it('an expression over other metrics needs neither source nor thresholds', () => {
    const text = 'preset: node\nmetrics: {saturation: {curve: {expression: "max(cpu.p, memory.p)^2"}, weight: 0.3}}';
    expect(metric(text, 'saturation')).to.deep.include({
      ...{ source: { kind: 'query', promql: '0' }, good: 0, critical: 1, weight: 0.3 },
      curve: { kind: 'expression', text: 'max(cpu.p, memory.p)^2' },
    });
  });

  it('full weight begins at good_score, unless max_score says otherwise', () => {
    expect(policyFor('zones: {good_score: 70}').scoring.zones.maxScore).to.equal(70);
    expect(policyFor('zones: {good_score: 70, max_score: 90}').scoring.zones.maxScore).to.equal(90);
  });

  it('a scrape never takes more than 0.8 of its interval', () => {
    const { scrape } = policyFor('scrape: {interval: 1s}');
    expect([scrape.timeoutMs, scrape.connectTimeoutMs]).to.deep.equal([800, 800]);
  });

  it('a process that is down never waits longer than one that is red', () => {
    expect(policyFor('heal: {after: 3s}').heal).to.deep.include({ afterMs: 3_000, afterDownMs: 3_000 });
  });

  it('runtimes: docker by its label, exec by argument list', () => {
    expect(policyFor('runtime: docker').runtime).to.deep.equal({ kind: 'docker', label: 'ballast.instance' });
    expect(policyFor('runtime: {docker: {label: x.y}}').runtime).to.deep.equal({ kind: 'docker', label: 'x.y' });
    expect(policyFor('runtime: {exec: {restart: [a, "{{pid}}"], pid_file: /run/x}}').runtime).to.deep.equal({
      kind: 'exec',
      restart: ['a', '{{pid}}'],
      replace: null,
      pidFile: '/run/x',
    });
  });
});

describe('the policy hash', () => {
  const hash = (text: string) => policyFor(text).hash;

  it('is the same for the same meaning', () => {
    expect(hash('preset: node\nzones: {fall: 3, rise: 2}')).to.equal(hash('zones: {rise: 2}\npreset: node'));
    expect(hash('preset: node\ntraffic: {upstream: a}\nowner: me')).to.equal(hash('preset: node'));
  });

  it('differs as soon as a score could', () => {
    const texts = [
      '',
      'zones: {fall: 4}',
      'scrape: {interval: 1s}',
      'preset: [node, node-exporter]',
      'preset: node\nmetrics: {cpu: {critical: 96%}}',
      'preset: node\nmetrics: {cpu: {dry_run: true}}',
      'preset: node\nmetrics: {cpu: {no_data: hold}}',
      'scoring: {half_life_up: 20s}',
    ];
    expect(new Set(texts.map(hash)).size).to.equal(texts.length);
  });
});
