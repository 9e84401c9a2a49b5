import { expect } from 'chai';
import type { ServiceName } from '../../../config/index.js';
import type { Instance, Target } from '../../../engine/model.js';
import { labelValueOf, targetsOf } from '../../../engine/registry/index.js';
import { compileService } from '../../../engine/derive/index.js';
import { instanceNamed } from '../../support/observations.js';
import { policyFor } from '../../support/policy.js';

const server = 'prometheus: {url: "http://prom:9090/p/", interval: 15s}';
const lag = 'lag: {source: prometheus, query: "max by (instance) (lag)", good: 1, critical: 2}';
const policy = policyFor(`service: checkout\n${server}\nmetrics: {${lag}}`);

const questions = (targets: readonly Target[]): readonly Target[] =>
  targets.filter(({ level }) => level === 'prometheus');

const named = ({ mapping }: Target): readonly (readonly [string, readonly string[]])[] =>
  mapping.kind === 'label'
    ? [...mapping.values].map(([value, refs]) => [value, refs.map(({ service, id }) => `${service}/${id}`)])
    : [];

describe('questions to a Prometheus server', () => {
  it('are one for all instances of a service, told apart by the label', () => {
    const instances = [instanceNamed('a'), instanceNamed('b', { address: 'fd00::1', port: 81 })];
    const [target, ...more] = questions(targetsOf([{ policy, instances }]).targets);
    expect(more).to.deep.equal([]);
    expect(target).to.deep.include({ url: 'http://prom:9090/p/api/v1/query', intervalMs: 15_000, timeoutMs: 5_000 });
    expect(target?.question?.promql).to.equal('max by (instance) (lag)');
    expect(target && named(target)).to.deep.equal([
      ['10.0.0.1:8080', ['checkout/a']],
      ['[fd00::1]:81', ['checkout/b']],
    ]);
  });

  it('are shared by services that ask the same, at the pace of the most eager', () => {
    const eager = policyFor(`service: users\n${server.replace('15s', '5s')}\nmetrics: {${lag}}`);
    const user = instanceNamed('u', { service: 'users' as ServiceName });
    const { targets } = targetsOf([
      { policy, instances: [instanceNamed('a')] },
      { policy: eager, instances: [user] },
    ]);
    expect(questions(targets).map((each) => [each.intervalMs, named(each)])).to.deep.equal([
      [5_000, [['10.0.0.1:8080', ['checkout/a', 'users/u']]]],
    ]);
  });

  for (const [what, change] of [
    ['another server', server.replace('prom:', 'other:')],
    ['another token', server.replace('}', ', token_file: t}')],
    ['another label', server.replace('}', ', label: pod}')],
  ] as const)
    it(`are not shared across ${what}`, () => {
      const other = policyFor(`service: users\n${change}\nmetrics: {${lag}}`);
      const instances = [instanceNamed('a')];
      const { targets } = targetsOf([
        { policy, instances },
        { policy: other, instances },
      ]);
      expect(questions(targets)).to.have.length(2);
    });

  it('of one node speak for all that runs there; traffic is a question of its own', () => {
    const text = `prometheus: {url: "http://prom:9090"}
metrics:
  load: {source: prometheus, query: node_load1, match: "{{node.address}}:9100", good: 1, critical: 2,
    min_traffic: {query: requests, at_least: 1}}`;
    const { targets } = targetsOf([{ policy: policyFor(text), instances: [instanceNamed('a'), instanceNamed('b')] }]);
    expect(questions(targets).map((each) => [each.question?.promql, named(each)])).to.deep.equal([
      ['node_load1', [['10.0.0.1:9100', ['checkout/a', 'checkout/b']]]],
      ['requests', [['10.0.0.1:9100', ['checkout/a', 'checkout/b']]]],
    ]);
  });

  for (const [match, change, value] of [
    ['{{instance.address}}:{{instance.port}}', {}, '10.0.0.1:8080'],
    ['{{ service }}/{{instance.id}}@{{node.name}}.{{datacenter}}', {}, 'checkout/a@n1.dc1'],
    ['{{meta.pod}}', { meta: { pod: 'checkout-7f' } }, 'checkout-7f'],
    ['{{meta.pod}}', {}, null],
    ['{{meta.toString}}', {}, null],
    ['{{instance.address}}', { address: 'a.example.org' }, 'a.example.org'],
  ] as const satisfies readonly (readonly [string, Partial<Instance>, string | null])[])
    it(`look for ${String(value)} where ${match} is asked`, () => {
      expect(labelValueOf(match, instanceNamed('a', change))).to.equal(value);
    });

  it('tell of instances that nothing can be looked for', () => {
    const text = `${server}\nmetrics: {x: {source: prometheus, query: x, match: "{{meta.pod}}", good: 1, critical: 2}}`;
    const { problems } = targetsOf([{ policy: policyFor(text), instances: [instanceNamed('a')] }]);
    expect(problems).to.deep.equal(['checkout/a: nothing to look for in the answer for x: {{meta.pod}}']);
  });

  it('leave the own page alone where nothing else is asked', () => {
    const own = (text: string): boolean =>
      compileService(policyFor(`${server}\nmetrics:\n  ${lag}\n${text}`)).scrapesOwn;
    expect(own('')).to.equal(false);
    expect(own('  sum: {curve: {expression: "lag.p"}}')).to.equal(false);
    expect(own('  checks: {query: max(consul_check_status), good: 0, critical: 2}')).to.equal(false);
    expect(own('  up: {query: up, good: 1, critical: 0}')).to.equal(true);
    expect(own('  up: {up: true}')).to.equal(true);
    expect(own('  cpu: {query: cpu, good: 1, critical: 0}')).to.equal(true);
    expect(own('drain: {in_flight: in_flight}')).to.equal(true);
    const { targets } = targetsOf([{ policy, instances: [instanceNamed('a')], scrapesOwn: false }]);
    expect(targets.map(({ level }) => level)).to.deep.equal(['prometheus']);
  });
});
