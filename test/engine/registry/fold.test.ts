import { expect } from 'chai';
import fc from 'fast-check';
import type { InstanceId, ServiceName } from '../../../config/index.js';
import {
  emptyRegistry,
  foldRegistry,
  reselect,
  type RegistryEvent,
  type RegistryMemory,
} from '../../../engine/registry/index.js';
import type { HealthEntry } from '../../../lib/consul/index.js';

const service = 'orders' as ServiceName;
const followed = { service, datacenters: [] };
const shrink = { share: 0.15, atLeast: 2, confirmations: 3 };

const entry = (serviceId: string, change: Partial<HealthEntry> = {}): HealthEntry => ({
  serviceId,
  service,
  node: { name: 'n1', address: '10.0.0.1' },
  datacenter: 'dc1',
  address: '10.1.0.1',
  port: 8080,
  tags: [],
  meta: {},
  status: 'passing',
  why: '',
  checks: [],
  modifyIndex: 1,
  ...change,
});

const list = (at: number, ...entries: (string | HealthEntry)[]): RegistryEvent => ({
  kind: 'value',
  at,
  value: entries.map((each) => (typeof each === 'string' ? entry(each) : each)),
});
const failure = (at: number): RegistryEvent => ({ kind: 'error', at, why: 'No cluster leader' });

const run = (...events: RegistryEvent[]): RegistryMemory['discovery'] =>
  events.reduce((memory, event) => foldRegistry(memory, event, followed, shrink), emptyRegistry).discovery;
const idsOf = ({ instances }: RegistryMemory['discovery']): string[] => [...instances.keys()].sort();
const joinOf = ({ instances }: RegistryMemory['discovery'], id: string): number | null | undefined =>
  instances.get(id as InstanceId)?.joinedAt;

describe('the registry of one service', () => {
  it('waits while nothing was received, which is not an empty list', () => {
    expect(run()).to.include({ state: 'waiting', at: null });
    expect(run(failure(1))).to.include({ state: 'waiting', why: 'Consul: No cluster leader' });
    expect(run(list(1))).to.include({ state: 'live', at: 1, why: 'Consul lists 0 instances' });
  });

  it('takes whoever is in the first list as established, and dates those that come later', () => {
    const known = run(failure(1), list(2, 'a', 'b'), list(3, 'a', 'b', 'c'), list(4, 'a', 'b', 'c'));
    expect([joinOf(known, 'a'), joinOf(known, 'b'), joinOf(known, 'c')]).to.deep.equal([null, null, 3]);
  });

  it('dates one that left and came back, and one that moved elsewhere under its old id', () => {
    expect(joinOf(run(list(1, 'a', 'b'), list(2, 'b'), list(3, 'a', 'b')), 'a')).to.equal(3);
    expect(joinOf(run(list(1, 'a'), list(2, entry('a', { port: 9090 }))), 'a')).to.equal(2);
    expect(joinOf(run(list(1, 'a'), list(2, entry('a', { status: 'critical', tags: ['x'] }))), 'a')).to.equal(null);
  });

  it('dates one that joined an empty first list', () => {
    expect(joinOf(run(list(1), list(2, 'a')), 'a')).to.equal(2);
  });

  it('believes the first list of another selector, whatever it lost, and dates nobody in it', () => {
    const known = [list(1, 'a', 'b', 'c', 'd'), list(2, 'a', 'b', 'c', 'd', 'e')].reduce(
      (memory, event) => foldRegistry(memory, event, followed, shrink),
      emptyRegistry,
    );
    const asked = reselect(known);
    expect(idsOf(asked.discovery)).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
    const first = foldRegistry(foldRegistry(asked, failure(3), followed, shrink), list(4, 'e', 'x'), followed, shrink);
    expect(first.discovery).to.include({ state: 'live' });
    expect(idsOf(first.discovery)).to.deep.equal(['e', 'x']);
    expect([joinOf(first.discovery, 'e'), joinOf(first.discovery, 'x')]).to.deep.equal([2, null]);
    const second = foldRegistry(first, list(5, 'e', 'x', 'y'), followed, shrink);
    expect(joinOf(second.discovery, 'y')).to.equal(5);
  });

  it('names the node where two nodes registered the same id', () => {
    const other = entry('a', { node: { name: 'n2', address: '10.0.0.2' }, address: '10.1.0.2' });
    expect(idsOf(run(list(1, 'a', other, 'b')))).to.deep.equal(['a@n1', 'a@n2', 'b']);
  });

  it('follows what Consul says of an instance', () => {
    const known = run(list(1, 'a'), list(2, entry('a', { status: 'critical', meta: { version: '2' } })));
    expect(known.instances.get('a' as InstanceId)).to.deep.include({ consul: 'critical', meta: { version: '2' } });
  });

  it('keeps the last list while Consul fails, and says so', () => {
    const known = run(list(1, 'a', 'b'), failure(2));
    expect(known).to.include({ state: 'held', at: 1, why: 'Consul: No cluster leader' });
    expect(idsOf(known)).to.deep.equal(['a', 'b']);
    expect(run(list(1, 'a', 'b'), failure(2), list(3, 'a', 'b'))).to.include({ state: 'live', at: 3 });
  });

  it('keeps those that vanished at once until their loss was seen three times more', () => {
    const full = ['a', 'b', 'c', 'd'];
    const known = run(list(1, ...full), list(2, 'a', entry('b', { status: 'critical' })));
    expect(known).to.include({
      state: 'held',
      at: 1,
      why: 'discovery fell from 4 to 2 instances at once; those lost are kept (seen again 0 of 3 times)',
    });
    expect(idsOf(known)).to.deep.equal(full);
    expect(known.instances.get('b' as InstanceId)?.consul).to.equal('critical');
    const seen = [2, 3, 4].map((at) => list(at, 'a', 'b'));
    expect(idsOf(run(list(1, ...full), ...seen))).to.deep.equal(full);
    expect(run(list(1, ...full), ...seen, list(5, 'a', 'b'))).to.include({ state: 'live', at: 5 });
  });

  it('shows a newcomer at once, even while others are held', () => {
    const known = run(list(1, 'a', 'b', 'c', 'd'), list(2, 'a', 'b', 'e'));
    expect(idsOf(known)).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
    expect(joinOf(known, 'e')).to.equal(2);
  });

  it('never forgets anybody because of failures, whatever happens', () => {
    const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'));
    fc.assert(
      fc.property(ids, fc.array(fc.constant('failure'), { maxLength: 5 }), (names, failures) => {
        const before = run(list(1, ...names));
        const after = run(list(1, ...names), ...failures.map((_, i) => failure(i + 2)));
        expect(idsOf(after)).to.deep.equal(idsOf(before));
      }),
    );
  });
});
