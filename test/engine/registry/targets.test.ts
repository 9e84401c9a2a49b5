import { expect } from 'chai';
import fc from 'fast-check';
import type { ServiceName } from '../../../config/index.js';
import type { Instance } from '../../../engine/model.js';
import { appTargetKey, renderUrl, targetsOf } from '../../../engine/registry/index.js';
import { instanceNamed } from '../../support/observations.js';
import { policyFor } from '../../support/policy.js';

const instance = (id: string, change: Partial<Instance> = {}): Instance =>
  instanceNamed(id, { address: '10.1.0.1', ...change });

const withSystem = policyFor(`
scrape: {path: /metrics, interval: 5s}
system: {url: "http://{{node.address}}:9100/metrics"}
`);

describe('targets', () => {
  it('makes one page per instance, from the address and port in Consul', () => {
    const { targets, problems } = targetsOf([
      { policy: policyFor(), instances: [instance('a'), instance('b', { port: 81 })] },
    ]);
    const pages = targets.filter(({ level }) => level === 'app');
    expect(problems).to.deep.equal([]);
    expect(pages.map(({ key, url }) => [key, url])).to.deep.equal([
      ['app checkout/a', 'http://10.1.0.1:8080/metrics'],
      ['app checkout/b', 'http://10.1.0.1:81/metrics'],
    ]);
    expect(pages[0]?.key).to.equal(appTargetKey(instance('a')));
  });

  it('brackets an IPv6 address and lets the file replace port, scheme and path', () => {
    const policy = policyFor('scrape: {path: /actuator/prometheus, port: 9000, scheme: https}');
    const { targets } = targetsOf([{ policy, instances: [instance('a', { address: 'fd00::1' })] }]);
    expect(targets[0]?.url).to.equal('https://[fd00::1]:9000/actuator/prometheus');
  });

  it('scrapes a node once for all of its instances, also those of other services, as often as the most eager asks', () => {
    const eager = policyFor(`
service: users
system: {url: "http://{{node.address}}:9100/metrics", interval: 1s}
`);
    const users = instance('u', { service: 'users' as ServiceName });
    const elsewhere = instance('c', { node: { name: 'n2', address: '10.0.0.2' } });
    const { targets } = targetsOf([
      { policy: withSystem, instances: [instance('a'), instance('b'), elsewhere] },
      { policy: eager, instances: [users] },
    ]);
    const pages = targets.filter(({ level }) => level === 'system');
    expect(
      pages.map(({ url, intervalMs, mapping }) => [
        url,
        intervalMs,
        mapping.kind === 'whole' && mapping.instances.map(({ id }) => id),
      ]),
    ).to.deep.equal([
      ['http://10.0.0.1:9100/metrics', 1000, ['a', 'b', 'u']],
      ['http://10.0.0.2:9100/metrics', 5000, ['c']],
    ]);
  });

  for (const [template, change, url] of [
    ['http://{{node.address}}:9100/', { node: { name: 'n', address: 'fd00::2' } }, 'http://[fd00::2]:9100/'],
    ['http://{{instance.address}}:9100/metrics', {}, 'http://10.1.0.1:9100/metrics'],
    ['http://exporter/probe?node={{ node.name }}', {}, 'http://exporter/probe?node=n1'],
    ['http://exporter:80', {}, 'http://exporter/'],
  ] as const)
    it(`renders ${template} to ${url}`, () =>
      expect(renderUrl(template, instance('a', change))).to.deep.equal({ url }));

  for (const [template, change, why] of [
    ['http://{{node.adress}}/', {}, /no usable value for node.adress/],
    ['http://{{constructor}}/', {}, /no usable value for constructor/],
    ['http://{{node.name}}/', { node: { name: 'a/../../b', address: '10.0.0.1' } }, /no usable value for node.name/],
    ['file:///etc/{{node.name}}', {}, /neither http nor https/],
    ['{{node.address}}', {}, /is no URL/],
  ] as const)
    it(`refuses ${template} for ${why.source}`, () =>
      expect(renderUrl(template, instance('a', change)))
        .to.have.property('why')
        .that.matches(why));

  it('says which instance has no system page, and scrapes the others', () => {
    const policy = {
      ...withSystem,
      system: withSystem.system && { ...withSystem.system, url: 'http://{{node.name}}/' },
    };
    const hostile = instance('b', { node: { name: 'x y', address: '10.0.0.1' } });
    const { targets, problems } = targetsOf([{ policy, instances: [instance('a'), hostile] }]);
    expect(targets.map(({ key }) => key)).to.deep.equal(['app checkout/a', 'system http://n1/', 'app checkout/b']);
    expect(problems).to.deep.equal(['checkout/b: no system page: no usable value for node.name']);
  });

  it('is the same whatever the order of services, but for the order', () => {
    const services = [
      { policy: withSystem, instances: [instance('a'), instance('b')] },
      {
        policy: policyFor('service: users\nsystem: {url: "http://{{node.address}}:9100/metrics", interval: 1s}'),
        instances: [instance('u')],
      },
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(services, { minLength: 2 }), (shuffled) => {
        const shape = (list: typeof services): string[] =>
          targetsOf(list)
            .targets.map(({ key, intervalMs }) => `${key} ${intervalMs}`)
            .sort();
        expect(shape(shuffled)).to.deep.equal(shape(services));
      }),
    );
  });
});
